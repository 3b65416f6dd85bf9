"""A postman for the tests of mail."""

from __future__ import annotations

import pytest
from tests.service.desk import Desk
from tests.service.mailbox.post import Post


@pytest.fixture
def post(desk: Desk) -> Post:
    """A postman, with simple readers of texts."""
    return Post(desk)
