"""The transport that both clients speak, written from its description alone: JSON, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from dataclasses import dataclass

TIMEOUT = 45
"""Seconds, as the clients of today wait."""


class Refused(Exception):
    """The server said no; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Api2:
    """A server and a key. uri: with `/api2/` at its end."""

    uri: str
    key: str
    secret: str

    def call(self, method: str, **fields: object) -> object:
        """What a method answers, as JSON; Refused with the reason."""
        body = json.dumps({**fields, "apikey": self.key}).encode()
        signed = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(
            f"{self.uri}{method}", data=body, headers={"HMAC2": signed}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(_reason(error)) from error

    def reports(self, **wanted: object) -> list[dict[str, object]]:
        """What `reports/list` answers."""
        found = self.call("reports/list", **wanted)
        if not isinstance(found, list):
            raise Refused(str(found))
        return found


def fetch(link: str) -> bytes:
    """The CSV behind a link, without signing anything; Refused with its status."""
    try:
        with urllib.request.urlopen(link, timeout=TIMEOUT) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise Refused(_reason(error)) from error


def _reason(error: urllib.error.HTTPError) -> str:
    said = error.read()
    try:
        return f"{error.code} {json.loads(said)['error']}"
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {said.decode('utf-8', 'replace')}"
