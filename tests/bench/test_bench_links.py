"""The load on links and the API, at a small size: all are answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.figures import links


@pytest.mark.skipif(not links.is_installed(), reason="needs wrk, which Debian has")
def test_all_that_is_asked_of_a_home_is_answered(tmp_path: Path) -> None:
    root = links.filled(tmp_path / "home", "", lists=3, kinds=2, rows=5, days=3)
    # Long enough for the first answer of each process, which reads the catalogue.
    lines = {name: (root / name).read_text(encoding="ascii").splitlines() for name in links.ASKED}
    assert {name: len(set(each)) for name, each in lines.items()} == {
        "links": 18,
        "polls": 3,
        "downloads": 18,
    }
    with links.served(root) as (address, server):
        before = links.processor_of(server)
        for name in links.ASKED:
            found = links.asked(address, root / name, seconds=3)
            assert (name, found["errors"]) == (name, 0)
            assert found["requests"] > 3
        assert links.processor_of(server) > before
