"""The web server of the portal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from tocsin.service.start import start


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

        return application


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
