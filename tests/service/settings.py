"""Django's settings for the tests: a home of their own, SQLite, or the PostgreSQL that is named."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tocsin.configuration.load import Configuration
from tocsin.configuration.service import DatabasePlace, ProofRules, ServicePlace
from tocsin.engine.home import Home
from tocsin.service.django_settings import settings_for
from tocsin.service.secret import Secret


def _database() -> DatabasePlace:
    """TOCSIN_TEST_POSTGRESQL is the directory of the socket of a server that trusts us."""
    socket = os.environ.get("TOCSIN_TEST_POSTGRESQL", "")
    if not socket:
        return DatabasePlace()
    return DatabasePlace(kind="postgresql", host=socket, user="postgres", name="tocsin")


_home = Home(Path(tempfile.mkdtemp(prefix="tocsin-tests-")))
(_home.service / "static").mkdir(parents=True)
_configuration = Configuration(
    service=ServicePlace(address="http://testserver"),
    database=_database(),
    proof=ProofRules(documentation_allowed=True, loopback_allowed=True),
)

globals().update(
    settings_for(_home, _configuration, Secret(b"only for the tests, thirty-two bytes"))
)
# Each client of a test makes the middleware anew, which would list all files each time.
WHITENOISE_AUTOREFRESH = True
