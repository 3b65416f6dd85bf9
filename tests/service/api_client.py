"""A program that speaks as clients of the original do: from what is documented of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from tests.service.desk import now

from tocsin.service.api import keys
from tocsin.service.api.models import ApiKey
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.changes.feed import make_change
from tocsin.service.subscribers.models import Organisation


@dataclass
class Program:
    """A key, its secret, and a way to call."""

    key: str
    secret: str
    client: Client = field(default_factory=Client)

    def post(self, method: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        """The response to a call."""
        body = json.dumps({**fields, "apikey": self.key}).encode()
        return self.send(method, body, signed(self.secret, body), headers or {})

    def send(self, method: str, body: bytes, signature: str, headers: dict[str, str]) -> Any:
        """Bytes with a signature, as they are."""
        return self.client.generic(
            "POST",
            f"/api2/{method}",
            body,
            content_type="application/x-www-form-urlencoded",
            headers={"HMAC2": signature, **headers},
        )

    def get(self, method: str, **fields: Any) -> Any:
        """What a call answers, which has to be an answer."""
        response = self.post(method, **fields)
        content = text_of(response)
        assert response.status_code == 200, content
        return json.loads(content)

    def error(self, method: str, **fields: Any) -> tuple[int, str]:
        """Status and words of a call that is refused."""
        response = self.post(method, **fields)
        return response.status_code, json.loads(response.content)["error"]


def signed(secret: str, body: bytes) -> str:
    """The header HMAC2."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def text_of(response: Any) -> str:
    """The content, streamed or not."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode())


def made_key(organisation: Organisation, name: str = "poller", **wanted: Any) -> ApiKey:
    """A key, made as the portal makes it."""
    made: list[ApiKey] = []

    def do() -> list[Any]:
        key, step = keys.make_key(organisation, keys.WantedKey(name, **wanted), actor, now())
        made.append(key)
        return [step]

    actor = Actor.person("admin@example.org")
    make_change(organisation, actor, do, now())
    return made[0]


def program(key: ApiKey) -> Program:
    """Who uses it."""
    return Program(key.key_id, keys.secret_of(key))
