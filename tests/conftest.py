"""How many cases property tests make, for all tests."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("usual", max_examples=30)
settings.register_profile("thorough", max_examples=400)
# What is asked of PostgreSQL has been asked of SQLite in full.
settings.register_profile("again", max_examples=8)

settings.load_profile(
    os.environ.get("TOCSIN_TEST_CASES")
    or ("again" if os.environ.get("TOCSIN_TEST_POSTGRESQL") else "usual")
)
