"""How many cases property tests make, for all tests, and in which order these come."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("usual", max_examples=20)
settings.register_profile("thorough", max_examples=400)
# What is asked of PostgreSQL has been asked of SQLite in full.
settings.register_profile("again", max_examples=8)

settings.load_profile(
    os.environ.get("TOCSIN_TEST_CASES")
    or ("again" if os.environ.get("TOCSIN_TEST_POSTGRESQL") else "usual")
)

_FIRST = (
    "test_every_type_downloaded.py",
    "test_every_type.py",
    "test_demo.py",
    "test_demo_visited.py",
    "test_pages_on_any_screen.py",
    "test_rights.py",
)
"""What takes longest: begun last, it would be waited for by one processor while others idle."""


@pytest.fixture(scope="session", autouse=True)
def nothing_is_forced_onto_the_disk() -> Iterator[None]:
    """Tests kill processes, never the machine: what these wrote is there without it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("sync", "fsync"):
            patch.setattr(os, name, lambda *_: None)
        yield


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; else in the order of files."""
    items.sort(key=lambda each: each.path.name not in _FIRST)
