"""Hostile names: whatever a header or a file is called, the night goes on and tells no more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome, event, ndjson, report_names, rows_of

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.intake.ledger import Ledger

FEED = """\
extends: shadowserver-csv
title: F
description: F.
filters: {reserved_allowed: [documentation]}
"""
OWN = (
    "_id",
    "_source",
    "_sensor",
    "_file",
    "_terms",
    "_extra",
    "_atlas",
    "_rule",
    "_first",
)
WORDS = (
    "segment",
    "rowid",
    "release",
    "terms",
    "keep",
    "head",
    "events",
    "key0",
    "place",
    "select",
)


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    small = SmallHome.make(tmp_path)
    small.write_source("feed", FEED)
    return small


@pytest.mark.parametrize("names", [OWN, WORDS], ids=["own", "words"])
def test_columns_named_like_ours_are_columns_like_others(
    small: SmallHome, names: tuple[str, ...]
) -> None:
    header = ",".join(("timestamp", "ip", *names))
    cells = ",".join(("2026-11-22 01:00:00", "192.0.2.9", *(f"v{n}" for n, _ in enumerate(names))))
    path = small.put("2026-11-22-scan_evil-x-asn.csv", f"{header}\n{cells}\n".encode())
    small.collect(path, source="feed")
    run = small.night(shared_networks=(("192.0.2.0/28", 2),))
    (row,) = rows_of(small, run, "2026-11-22-scan_evil-alpha-asn.csv")
    told = [cell for cell in row.values() if cell]
    assert told == ["2026-11-22 01:00:00", "192.0.2.9", *(f"v{n}" for n, _ in enumerate(names))]


def test_empty_columns_named_like_ours_stay_empty(small: SmallHome) -> None:
    header = ",".join(("timestamp", "ip", *OWN))
    text = f"{header}\n2026-11-22 01:00:00,192.0.2.9{',' * len(OWN)}\n"
    small.collect(small.put("2026-11-22-scan_evil-x-asn.csv", text.encode()), source="feed")
    (row,) = rows_of(small, small.night(), "2026-11-22-scan_evil-alpha-asn.csv")
    assert {cell for cell in row.values() if cell} == {"2026-11-22 01:00:00", "192.0.2.9"}


def test_a_type_is_never_widened_beyond_what_can_be_read_again(small: SmallHome) -> None:
    for number in range(3):
        names = ",".join(f"C{number}x{n} {'e' * 180}" for n in range(450))
        text = f"timestamp,ip,{names}\n2026-11-22 01:00:00,192.0.2.9{',' * 450}\n"
        path = small.put(f"2026-11-22-wide-{number}-asn.csv", text.encode())
        small.collect(path, source="feed")
        load_catalogue(small.home.catalogue)


def test_a_file_name_that_is_no_text_is_turned_away_alone(small: SmallHome) -> None:
    good = small.put("good.ndjson", ndjson([event(1)]))
    bad = good.with_name(os.fsdecode(b"\xff.ndjson"))
    bad.write_bytes(ndjson([event(2)]))
    collected = small.collect(bad, good)
    assert [refused.path for refused in collected.refused] == [bad]
    assert collected.records[0].pieces[0].accepted == 1
    assert len(report_names(small.night())) == 2


def test_a_content_of_which_a_part_was_given_up_is_not_known(
    small: SmallHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.put("big.ndjson", ndjson([event(n, f"192.0.2.{n % 250}") for n in range(30)]))
    content = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "end", lambda *_: None)
        small.collect(path, slice_rows=10)
    (*_, last) = sorted((small.home.ledger / "batches").glob("*/*.json"))
    last.unlink()
    # In every slice: which of them is the last by name, nobody can say.
    path.write_bytes(content.replace(b"example-bot", b"example-bat"))
    small.collect(small.put("other.ndjson", ndjson([event(1000, "192.0.2.77")])))
    path.write_bytes(content)
    assert small.collect(path).known == []
    assert small.night().manifest["units"]["event4_sinkhole"]["rows"] == 31  # type: ignore[index]
