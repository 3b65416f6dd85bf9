"""Row identities are promised to stay: these vectors must never change."""

from __future__ import annotations

from tocsin.engine.sources.identity import Identities, record_digest

VECTORS = [
    "e7ac04c8d20e65600512c34ddab6bd98",
    "980aba1e863629fd0e63b33362a5d4bb",
    "c83ed2d6ca10e857d095cfb7b5ed718d",
]
EMPTY_VECTOR = ["21ec71e1f4293409a46de153f1414b28"]
LINE_VECTOR = ["6fe21cfe11a743027b92652a2821589b"]
DIGEST_VECTOR = "5e5a4f6eb7f32d08da0f6dc0de6db6c2"


def _hex(
    source: str,
    records: list[bytes],
    carried: dict[str, int] | None = None,
    header: bytes = b"",
) -> list[str]:
    identities = Identities(source, header, carried or {})
    ids = identities.ids(records, identities.occurrences(records))
    return [one.hex() for one in ids.to_pylist()]


def test_the_fixed_vectors_hold() -> None:
    records = [b"a,b", b"a,b", b"a,\xff\0b"]
    assert _hex("shadowserver-csv", records, header=b"timestamp,ip") == VECTORS
    assert _hex("sensor", [b'{"ip":"192.0.2.1"}']) == LINE_VECTOR
    assert _hex("fuehler-\u00fc", [b""]) == EMPTY_VECTOR
    assert record_digest(b"a,b").hex() == DIGEST_VECTOR


def test_occurrences_go_on_from_what_came_before_the_slice() -> None:
    whole = _hex("s", [b"x", b"y", b"x", b"x"])
    carried = {record_digest(b"x").hex(): 2}
    assert _hex("s", [b"x"], carried) == whole[3:]
    assert _hex("s", [b"y"], carried) == whole[1:2]


def test_occurrences_go_on_from_block_to_block() -> None:
    identities = Identities("s", b"", {})
    assert identities.occurrences([b"x", b"y"]) == [0, 0]
    assert identities.occurrences([b"z", b"x"]) == [0, 1]
    assert identities.occurrences([b"x", b"x", b"y"]) == [2, 3, 1]


def test_record_and_occurrence_cannot_run_into_one_another() -> None:
    ids = _hex("s", [b"a\x000", b"a", b"", b"\0", b"0", b"0\x000"]) + _hex("sa", [b"", b"0"])
    assert len(set(ids)) == len(ids)


def test_equal_bytes_under_another_header_are_another_row() -> None:
    headers = [b"", b"ip,port", b"port,ip", b"0", b"a"]
    ids = [one for header in headers for one in _hex("s", [b"a", b""], header=header)]
    assert len(set(ids)) == len(ids)
