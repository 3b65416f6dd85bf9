"""Files written past the system's cache are those that were given, whatever their size."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.engine import direct_file
from tocsin.engine.direct_file import DirectFile


@given(sizes=st.lists(st.integers(0, 3 * 8192 + 5), max_size=8), cached=st.booleans())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_file_is_all_bytes_in_order(tmp_path: Path, sizes: list[int], cached: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"what was there before" * 10_000)
    parts = [bytes([number]) * size for number, size in enumerate(sizes)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(direct_file, "_BUFFER_BYTES", 8192)
        if cached:
            patch.delattr(os, "O_DIRECT", raising=False)
        with DirectFile(path) as file:
            for part in parts:
                file.write([memoryview(part[:3]), memoryview(part[3:])])
            assert file.size == sum(sizes)
    assert path.read_bytes() == b"".join(parts)


def test_where_such_writes_are_refused_the_cache_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.pwrite

    def refusing(file: int, content: memoryview, offset: int) -> int:
        if fcntl.fcntl(file, fcntl.F_GETFL) & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return write(file, content[: len(content) // 2 + 1], offset)

    monkeypatch.setattr(os, "pwrite", refusing)
    with DirectFile(tmp_path / "file") as file:
        file.write([memoryview(b"abc" * 1_000_000)])
    assert (tmp_path / "file").read_bytes() == b"abc" * 1_000_000


def test_a_disk_that_is_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space"), DirectFile(tmp_path / "file") as file:
        file.write([memoryview(b"x" * (1 << 23))])


def test_nothing_is_kept_open_after_a_fault(tmp_path: Path) -> None:
    before = _open_files()
    with pytest.raises(KeyError):
        _write_and_fail(tmp_path / "file")
    assert _open_files() == before


def _write_and_fail(path: Path) -> None:
    with DirectFile(path) as file:
        file.write([memoryview(b"x")])
        raise KeyError


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
