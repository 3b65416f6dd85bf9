"""Django's settings for the home that the environment names (`TOCSIN_HOME`)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tocsin.configuration.load import load_configuration
from tocsin.engine.home import Home
from tocsin.service.django_settings import settings_for
from tocsin.service.secret import Secret, read_secret

_home = Home(Path(os.environ.get("TOCSIN_HOME", "tocsin-home")).resolve())
# Tools that only look at the code (the type checker) have no home, and need no secret that lasts.
_secret = (
    read_secret(_home.service / "secret")
    if _home.root.is_dir()
    else Secret(secrets.token_bytes(32))
)

globals().update(settings_for(_home, load_configuration(_home.configuration), _secret))
