"""A receiver of web-hooks that checks what it gets, on the web server with dials."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from tocsin.service.fakes.web_server import Asked, Said
from tocsin.service.webhooks.signing import SIGNATURE, TIMESTAMP, signature


@dataclass(slots=True)
class HookReceiver:
    """Takes what is signed with its secret, and refuses all else with 401. taken: in order."""

    secret: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, asked: Asked) -> Said:
        """See Site."""
        timestamp = asked.headers.get(TIMESTAMP.lower(), "")
        wanted = f"sha256={signature(self.secret, timestamp, asked.content)}"
        if not hmac.compare_digest(wanted, asked.headers.get(SIGNATURE.lower(), "")):
            return Said(401, {"error": "not signed by whom we know"})
        self.taken.append(json.loads(asked.content))
        return Said(200, {"taken": len(self.taken)})
