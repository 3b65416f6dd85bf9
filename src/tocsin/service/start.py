"""Getting Django ready for the commands that need the service."""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.apps import apps

from tocsin.engine.home import Home
from tocsin.model.errors import HomeError
from tocsin.service import installation


def start(root: Path) -> Home:
    """Make Django ready for the home at `root`, which is made if it is not there.

    HomeError or ConfigurationError as for every command.
    """
    home = Home.open(root, create=True)
    home.service.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not apps.ready:
        os.environ["TOCSIN_HOME"] = str(root.resolve())
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.service.settings"
        django.setup()
    elif installation.home().root != root.resolve():
        raise HomeError(
            "this process serves another home already",
            where=str(root),
            todo="run one command at a time",
        )
    return home
