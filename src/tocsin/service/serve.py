"""The web server of the portal."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.model.errors import CatalogueError
from tocsin.service.start import start

_LOG = logging.getLogger(__name__)


class _Server(BaseApplication):  # type: ignore[misc] # the library is untyped
    """gunicorn, set up from here instead of from its command line."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application; called by gunicorn in each of its processes."""
        from tocsin.service.wsgi import application  # noqa: PLC0415 - Django has to be ready

        _warm()
        return application


def _warm() -> None:
    """Read the catalogue before the first request, which would wait for seconds."""
    from tocsin.service import installation  # noqa: PLC0415 - Django has to be ready

    try:
        home_catalogue(installation.home())
    except CatalogueError:
        _LOG.exception("the catalogue cannot be read; pages that need it will say so")


def serve(root: Path, listen: str) -> None:
    """Serve until asked to end."""
    start(root)
    from tocsin.service import installation  # noqa: PLC0415 - Django has to be ready

    workers = installation.configuration().service.workers
    _Server(
        {
            "bind": listen,
            "workers": workers,
            "worker_class": "gthread",
            "threads": 4,
            "timeout": 60,
            "accesslog": None,
            "proc_name": "tocsin-portal",
            "control_socket_disable": True,
        }
    ).run()
