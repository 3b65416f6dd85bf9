"""Row identities are promised to stay: these vectors must never change."""

from __future__ import annotations

from tocsin.engine.sources.identity import Identities, record_digest

VECTORS = [
    "5a64aa0d2b07b5f3691863223a8deec5",
    "b1e4b367c16bd6011568df9a2a69030f",
    "b4f9f255638e9309244c26da79a0487e",
]
EMPTY_VECTOR = ["d6d9677fdd35358ed588cadcd6efcfa5"]
DIGEST_VECTOR = "5e5a4f6eb7f32d08da0f6dc0de6db6c2"


def _hex(source: str, records: list[bytes], carried: dict[str, int] | None = None) -> list[str]:
    identities = Identities(source, carried or {})
    ids = identities.ids(records, identities.occurrences(records))
    return [one.hex() for one in ids.to_pylist()]


def test_the_fixed_vectors_hold() -> None:
    assert _hex("shadowserver-csv", [b"a,b", b"a,b", b"a,\xff\0b"]) == VECTORS
    assert _hex("fuehler-\u00fc", [b""]) == EMPTY_VECTOR
    assert record_digest(b"a,b").hex() == DIGEST_VECTOR


def test_occurrences_go_on_from_what_came_before_the_slice() -> None:
    whole = _hex("s", [b"x", b"y", b"x", b"x"])
    carried = {record_digest(b"x").hex(): 2}
    assert _hex("s", [b"x"], carried) == whole[3:]
    assert _hex("s", [b"y"], carried) == whole[1:2]


def test_occurrences_go_on_from_block_to_block() -> None:
    identities = Identities("s", {})
    assert identities.occurrences([b"x", b"y"]) == [0, 0]
    assert identities.occurrences([b"z", b"x"]) == [0, 1]
    assert identities.occurrences([b"x", b"x", b"y"]) == [2, 3, 1]


def test_record_and_occurrence_cannot_run_into_one_another() -> None:
    ids = _hex("s", [b"a\x000", b"a", b"", b"\0", b"0", b"0\x000"]) + _hex("sa", [b"", b"0"])
    assert len(set(ids)) == len(ids)
