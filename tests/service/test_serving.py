"""Where the portal listens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tocsin.model.errors import UsageError
from tocsin.service.serve import serve


def test_a_portal_does_not_go_beside_another_one(tmp_path: Path) -> None:
    with socket.socket() as other:
        # As the portal's own processes listen, beside which others of ours could.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        host, port = other.getsockname()
        with pytest.raises(UsageError, match="nothing can listen there"):
            serve(tmp_path, f"{host}:{port}")


@pytest.mark.parametrize("listen", ["unix:/run/portal", "fd://3", "fd://x", "127.0.0.1:http"])
def test_it_listens_at_a_host_and_a_port(tmp_path: Path, listen: str) -> None:
    with pytest.raises(UsageError, match="no host and port"):
        serve(tmp_path, listen)
