"""Opening files: told apart by content, refused whole when broken."""

from __future__ import annotations

import gzip
import os
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pytest
from tests.strategies.source_files import HEADER, MOST, read_whole

from tocsin.engine.sources.compression import archive, members, open_member
from tocsin.model.errors import InputError

ROWS = b"".join(b"2026-11-22 00:00:00,192.0.2.%d,80,x\n" % (n % 256) for n in range(60_000))
CONTENT = HEADER + ROWS


def _content(path: Path, most: int = MOST) -> bytes:
    (member,) = members(path)
    with open_member(member, most_bytes=most) as stream:
        return stream.read()


def _zstd(data: bytes) -> bytes:
    packed: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return packed


@pytest.mark.parametrize("name", ["plain.csv", "wrong-ending.csv.gz", "other.zip"])
def test_the_content_tells_the_packing_not_the_name(tmp_path: Path, name: str) -> None:
    for data in (CONTENT, gzip.compress(CONTENT), _zstd(CONTENT)):
        path = tmp_path / name
        path.write_bytes(data)
        assert _content(path) == CONTENT


def test_gzip_of_several_members_is_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    parts = [CONTENT[:100], b"", CONTENT[100:5000], CONTENT[5000:]]
    path.write_bytes(b"".join(map(gzip.compress, parts)))
    assert _content(path) == CONTENT


def test_zeros_after_a_gzip_are_padding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CONTENT) + b"\0" * 600_000)
    assert _content(path) == CONTENT


def test_zstd_of_several_frames_is_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.zst"
    path.write_bytes(_zstd(CONTENT[:100]) + _zstd(CONTENT[100:]))
    assert _content(path) == CONTENT


@pytest.mark.parametrize("pack", [gzip.compress, _zstd])
@pytest.mark.parametrize("kept", [0.3, 0.9, 0.9999])
def test_a_cut_archive_is_refused_whole(tmp_path: Path, pack: object, kept: float) -> None:
    assert callable(pack)
    data = pack(CONTENT)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(InputError, match="cut or damaged") as caught:
        read_whole(path)
    assert "nothing of it was taken" in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("left", [1, 4, 8, 9])
def test_a_gzip_without_its_last_bytes_is_refused(tmp_path: Path, left: int) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CONTENT)[:-left])
    with pytest.raises(InputError, match="cut or damaged"):
        read_whole(path)


@pytest.mark.parametrize("pack", [gzip.compress, _zstd])
def test_a_damaged_archive_is_refused_whole(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    data = bytearray(pack(CONTENT))
    data[len(data) // 2] ^= 0xFF
    path = tmp_path / "a.csv.gz"
    path.write_bytes(data)
    with pytest.raises(InputError, match="cut or damaged"):
        read_whole(path)


def test_something_else_after_a_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CONTENT) + b"more rows\n")
    with pytest.raises(InputError, match="cut or damaged"):
        read_whole(path)


def test_a_message_names_the_line_that_was_reached(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    incompressible = HEADER + b"".join(
        b"%s,192.0.2.1,80,x\n" % os.urandom(30).hex().encode() for _ in range(20_000)
    )
    path.write_bytes(gzip.compress(incompressible)[:-20_000])
    with pytest.raises(InputError) as caught:
        read_whole(path)
    assert caught.value.line > 10_000


def _zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in entries.items():
            zipped.writestr(name, data)
    return path


def test_a_zip_has_a_member_per_file_and_names_what_it_ignores(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip",
        {
            "reports/": b"",
            "reports/2026-11-22-special-x-asn.csv": CONTENT,
            "b.csv": HEADER,
            "__MACOSX/reports/._b.csv": b"fork",
            "._b.csv": b"fork",
        },
    )
    found = archive(path)
    assert [(member.inner, member.name) for member in found.members] == [
        ("reports/2026-11-22-special-x-asn.csv", "2026-11-22-special-x-asn.csv"),
        ("b.csv", "b.csv"),
    ]
    assert found.ignored == ("reports/", "__MACOSX/reports/._b.csv", "._b.csv")
    assert members(path) == found.members
    with open_member(found.members[0], most_bytes=MOST) as stream:
        assert stream.read() == CONTENT


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.csv", "C:\\windows\\x.csv", "/tmp/x.csv"])
def test_names_within_a_zip_are_never_paths(tmp_path: Path, name: str) -> None:
    path = _zip(tmp_path / "a.zip", {name: CONTENT})
    (member,) = members(path)
    assert member.name == "x.csv"
    assert _content(path) == CONTENT
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


def test_a_zip_in_a_zip_is_refused(tmp_path: Path) -> None:
    inner = _zip(tmp_path / "inner.zip", {"x.csv": CONTENT}).read_bytes()
    path = _zip(tmp_path / "a.zip", {"inner.zip": inner})
    with pytest.raises(InputError, match="packed a second time"):
        _content(path)


def test_gzip_in_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(gzip.compress(CONTENT)))
    with pytest.raises(InputError, match="packed a second time"):
        _content(path)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"x.csv": CONTENT})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag in the entry's own header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    path.write_bytes(data)
    with pytest.raises(InputError, match="encrypted"):
        _content(path)


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"x.csv": CONTENT})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match="cut or damaged"):
        _content(path)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="cut or damaged"):
        members(path)


def test_a_zip_without_files_or_with_two_of_a_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        members(_zip(tmp_path / "a.zip", {"folder/": b""}))
    twice = tmp_path / "b.zip"
    with zipfile.ZipFile(twice, "w") as zipped:
        zipped.writestr("x.csv", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            zipped.writestr("x.csv", b"2")
    with pytest.raises(InputError, match="same name"):
        members(twice)


def test_more_content_than_allowed_is_refused_however_small_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    path.write_bytes(packer.compress(HEADER + b"0" * 50_000_000) + packer.flush())
    with pytest.raises(InputError, match="larger than 1000000 bytes"):
        _content(path, most=1_000_000)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened: No such file"):
        members(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="no regular file"):
        members(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no regular file"):
        members(tmp_path / "pipe")
