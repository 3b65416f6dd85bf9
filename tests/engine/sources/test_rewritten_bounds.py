"""A small packed file may unpack to anything: rewriters hold little of it at a time."""

from __future__ import annotations

import tracemalloc

import pytest

from tocsin.engine.sources.rewriting import REWRITERS

PART = 1 << 18
MAIL = b"From a@example.net Sun Nov 22 05:12:01 2026\nFrom: a@example.net\n\n"
HOST = (
    b'<host><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="22">'
    b'<state state="open"/></port></ports></host></nmaprun>'
)


class Unpacked:
    """A head, the same part again and again, and a tail."""

    def __init__(self, head: bytes, part: bytes, times: int, tail: bytes) -> None:
        self._parts = iter([head, *[part] * times, tail, b""])

    def read(self, size: int = -1, /) -> bytes:
        return next(self._parts, b"")

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(size)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("json-array", (b"[1,", b"\n" * 5 * PART, b"2]"), 1 + 100 * PART),
        ("nmap", (b'<nmaprun start="1795320000">', b"\n" * 5 * PART, HOST), 1 + 100 * PART),
        ("mail", (MAIL, b"a\n" * (PART // 2), b""), 1),
    ],
)
def test_blank_and_short_lines_without_end_fill_no_memory(
    name: str, content: tuple[bytes, bytes, bytes], line: int
) -> None:
    head, part, tail = content
    tracemalloc.start()
    last = lines = 0
    for piece in REWRITERS[name](Unpacked(head, part, 20, tail)):
        if piece.strip():
            last = 1 + lines + piece.rstrip().count(b"\n")
        lines += piece.count(b"\n")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert last == line
    assert most < 50 << 20


def test_brackets_without_end_are_refused() -> None:
    content = Unpacked(b"[", b"[" * PART, 1000, b"")
    with pytest.raises(ValueError, match="brackets are open"):
        list(REWRITERS["json-array"](content))
