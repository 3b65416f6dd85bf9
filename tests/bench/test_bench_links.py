"""The load on download links, at a small size: all are answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.figures import links


@pytest.mark.skipif(not links.is_installed(), reason="needs wrk, which Debian has")
def test_all_links_of_a_home_are_answered(tmp_path: Path) -> None:
    paths = links.filled(tmp_path / "home", "", lists=3, reports_each=2, rows=5)
    assert len(set(paths.read_text(encoding="ascii").split())) == 6
    with links.served(tmp_path / "home") as address:
        found = links.asked(address, paths, seconds=1)
    assert found["errors"] == 0
    assert found["requests"] > 6
