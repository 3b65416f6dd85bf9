"""Setting the service up: database and files of pages."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from tocsin.service.start import start


class Done(TypedDict):
    """What setting up did."""

    migrations: int
    files: int


def set_up(root: Path) -> Done:
    """Bring the database up to date, and gather the files of pages; doing it again does nothing."""
    start(root)
    from django.core.management import call_command  # noqa: PLC0415 - Django has to be ready
    from django.db import connection  # noqa: PLC0415 - the same
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415 - the same

    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    call_command("migrate", verbosity=0, interactive=False)
    copied = call_command("collectstatic", verbosity=0, interactive=False)
    return {"migrations": missing, "files": int(str(copied or "0").split()[0])}
