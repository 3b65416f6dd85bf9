"""Answers of a publisher that are no file, and copies on disk that are not what they should be."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from pathlib import Path

import pytest

from tocsin.engine.atlas.fake_publisher import Dials, fake_publisher
from tocsin.engine.atlas.fetch import LABEL, Came, Fetched, Fetching
from tocsin.engine.atlas.http_publisher import HttpPublisher
from tocsin.engine.atlas.maps import PublicMap, Use
from tocsin.engine.atlas.publisher import DirectoryPublisher, Version
from tocsin.model.errors import AtlasError, PublisherUnreachable

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
_ROWS = b"192.0.2.0/24\t64496\n"
_MAP = PublicMap("own", Use.ROUTES, "https://example.org/own.dat")


def _get(tmp_path: Path, content: bytes, dials: Dials, most_bytes: int | None = None) -> bytes:
    target = tmp_path / "target"
    with fake_publisher({"/file": content}) as fake:
        for name in Dials.__slots__:
            setattr(fake.dials, name, getattr(dials, name))
        publisher = HttpPublisher(silence=5.0)
        publisher.fetch(fake.url("/file"), target, Version(), most_bytes)
    return target.read_bytes()


@pytest.mark.parametrize("status", [204, 206])
def test_an_answer_without_a_file_or_with_a_part_is_refused(tmp_path: Path, status: int) -> None:
    with pytest.raises(PublisherUnreachable, match=f"answers {status}, which is no file"):
        _get(tmp_path, _ROWS, Dials(status=status))


@pytest.mark.parametrize("length", ["-5", "x", "1e3", "1" * 5000, "\u00b2"])
def test_a_length_that_is_none_is_an_error(tmp_path: Path, length: str) -> None:
    with pytest.raises(PublisherUnreachable, match="has a length that is none"):
        _get(tmp_path, _ROWS, Dials(length=length))


def test_a_text_of_untold_length_has_to_end_with_a_line(tmp_path: Path) -> None:
    untold = Dials(length="")
    with pytest.raises(PublisherUnreachable, match="ends within a line"):
        _get(tmp_path, _ROWS + b"198.51.100.0/2", untold)
    for whole in (_ROWS, b'{"64496": "A"}', gzip.compress(b"x"), b"a\0b"):
        assert _get(tmp_path, whole, untold) == whole
    assert _get(tmp_path, b"no end", Dials()) == b"no end"


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="is larger than 1024 bytes"):
        _get(tmp_path, _ROWS * 1000, Dials(), most_bytes=1024)
    (tmp_path / "own.dat").write_bytes(_ROWS * 1000)
    with pytest.raises(AtlasError, match="is larger than 1024 bytes"):
        DirectoryPublisher(tmp_path).fetch(_MAP.url, tmp_path / "target", Version(), 1024)


def _take(tmp_path: Path, wanted: PublicMap) -> Fetched:
    directory = DirectoryPublisher(tmp_path / "offline")
    fetching = Fetching(directory, tmp_path / "maps", NOW, 1, lambda _: None)
    (fetched,) = fetching.all_of([wanted], lambda _: None)
    return fetched


@pytest.fixture
def offline(tmp_path: Path) -> Path:
    path = tmp_path / "offline"
    path.mkdir()
    (path / "own.dat").write_bytes(_ROWS)
    return path


@pytest.mark.parametrize("damage", ["", "{}", "[]", "\0", '{"fetched": ""}', "[" * 100_000])
def test_a_map_with_a_damaged_label_counts_as_never_fetched(
    tmp_path: Path, offline: Path, damage: str
) -> None:
    first = _take(tmp_path, _MAP)
    (first.path.parent / LABEL).write_text(damage)
    assert _take(tmp_path, _MAP).came is Came.NEW
    assert _take(tmp_path, _MAP).came is Came.UNCHANGED
    label = (first.path.parent / LABEL).read_text()
    (first.path.parent / LABEL).write_text(label.replace(first.fetched, "some day"))
    (offline / "own.dat").unlink()
    with pytest.raises(AtlasError, match="could not be had"):
        _take(tmp_path, _MAP)


def test_a_map_that_is_called_as_labels_are_stays_whole(tmp_path: Path, offline: Path) -> None:
    (offline / "map.json").write_bytes(_ROWS)
    wanted = PublicMap("own", Use.ROUTES, "https://example.org/map.json")
    assert _take(tmp_path, wanted).path.read_bytes() == _ROWS
    assert _take(tmp_path, wanted).came is Came.UNCHANGED


def test_a_map_that_is_called_checksum_stays_whole(tmp_path: Path, offline: Path) -> None:
    (offline / "checksum").write_bytes(_ROWS)
    (offline / "sums").write_text(hashlib.sha256(_ROWS).hexdigest())
    url = "https://example.org/"
    wanted = PublicMap("own", Use.ROUTES, f"{url}checksum", f"{url}sums")
    assert _take(tmp_path, wanted).path.read_bytes() == _ROWS


def test_a_directory_in_the_way_is_told(tmp_path: Path, offline: Path) -> None:
    (tmp_path / "maps" / "own" / "own.dat").mkdir(parents=True)
    with pytest.raises(AtlasError, match="nothing can be written there: Is a directory"):
        _take(tmp_path, _MAP)
    (offline / "own.dat").unlink()
    (offline / "own.dat").mkdir()
    with pytest.raises(AtlasError, match="could not be had"):
        _take(tmp_path, _MAP)


def test_two_maps_that_would_be_one_file_are_refused(offline: Path) -> None:
    other = PublicMap("other", Use.GEO, "https://example.net/own.dat")
    with pytest.raises(AtlasError, match=r"would both be the file own\.dat"):
        DirectoryPublisher(offline).at_hand([_MAP, other])
    assert DirectoryPublisher(offline).at_hand([_MAP, _MAP]) == (_MAP, _MAP)
