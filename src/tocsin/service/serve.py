"""The web server of the portal."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.util import parse_address

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.model.errors import CatalogueError, UsageError
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
    """Read pages and catalogue before the first request, which would wait for seconds.

    Of each process: the system gives any of them the next connection, used to it or not.
    """
    from django.urls import get_resolver  # noqa: PLC0415 - Django has to be ready

    from tocsin.service import installation  # noqa: PLC0415 - the same

    _ = get_resolver().url_patterns
    try:
        home_catalogue(installation.home())
    except CatalogueError:
        _LOG.exception("the catalogue cannot be read; pages that need it will say so")


def serve(root: Path, listen: str) -> None:
    """Serve until asked to end; UsageError if somebody listens there already."""
    _refuse_taken(listen)
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
            # Each process listens for itself, and the system shares connections out. With one
            # socket for all, a process that was awake took sixteen that came at once, and kept
            # them, while the other had nothing to do.
            "reuse_port": True,
        }
    ).run()


def _refuse_taken(listen: str) -> None:
    """Before the processes listen each for itself, which would go beside another server of ours."""
    host, port = _host_and_port(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"nothing can listen there: {error.strerror}",
                where=listen,
                todo="end what listens there already, or name another port with --listen",
            ) from error


def _host_and_port(listen: str) -> tuple[str, int]:
    try:
        address = parse_address(listen)
    except RuntimeError:
        address = None
    if not isinstance(address, tuple):
        raise UsageError(
            "this is no host and port", where=listen, todo="name both, as in 127.0.0.1:8000"
        )
    host, port = address
    return host, port
