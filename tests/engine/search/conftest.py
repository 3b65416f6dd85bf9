"""What the tests of the search share: a small database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tocsin.engine.search.database import Database


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    made = Database("256MB", 2)
    yield made
    made.close()
