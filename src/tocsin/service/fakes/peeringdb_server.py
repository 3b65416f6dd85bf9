"""A PeeringDB on this machine, as far as it lets people sign in, with dials."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tocsin.service.fakes.web_server import Asked, FakeWeb, Said, fake_web
from tocsin.service.verification.peeringdb import challenge

CLIENT = "tocsin-test"
SECRET = "only for tests"  # noqa: S105 - of a fake


@dataclass(slots=True)
class FakeAccounts:
    """Who is signed in there, and what it knows of the codes that it gave out.

    lying: it takes any code. deny: the person says no.
    """

    profile: dict[str, Any]
    lying: bool = False
    deny: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def answer(self, asked: Asked) -> Said:
        """See Site."""
        parts = urlsplit(asked.path)
        match parts.path:
            case "/oauth2/authorize/":
                return self._authorize(_form(parts.query))
            case "/oauth2/token/" if asked.method == "POST":
                return self._token(_form(asked.content.decode("ascii", "replace")))
            case "/profile/v1":
                return self._profile(asked.headers.get("authorization", ""))
        return Said(404, {"detail": "Not found."})

    def _authorize(self, asked: dict[str, str]) -> Said:
        back = asked.get("redirect_uri", "")
        if asked.get("client_id") != CLIENT or asked.get("code_challenge_method") != "S256":
            return Said(400, {"error": "invalid_request"})
        said = {"state": asked.get("state", "")}
        if self.deny:
            said["error"] = "access_denied"
        else:
            said["code"] = secrets.token_urlsafe(12)
            self.codes[said["code"]] = asked
        return Said(302, location=f"{back}?{urlencode(said)}")

    def _token(self, asked: dict[str, str]) -> Said:
        given = self.codes.pop(asked.get("code", ""), None)
        right = (
            given is not None
            and asked.get("client_secret") == SECRET
            and asked.get("redirect_uri") == given["redirect_uri"]
            and challenge(asked.get("code_verifier", "")) == given["code_challenge"]
        )
        if not right and not self.lying:
            return Said(400, {"error": "invalid_grant"})
        token = secrets.token_urlsafe(12)
        self.tokens.add(token)
        return Said(200, {"access_token": token, "token_type": "Bearer", "expires_in": 36_000})

    def _profile(self, authorization: str) -> Said:
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return Said(401, {"detail": "Invalid token."})
        return Said(200, json.loads(json.dumps(self.profile)))


@dataclass(frozen=True, slots=True)
class FakePeeringDb:
    """The server (with the dials), and its accounts."""

    web: FakeWeb
    accounts: FakeAccounts

    @property
    def places(self) -> dict[str, str]:
        """What the configuration says below `proof` to sign in here."""
        return {
            "peeringdb_client": CLIENT,
            "peeringdb_secret": SECRET,
            "peeringdb_address": self.web.url,
        }


def profile(*networks: tuple[int, int]) -> dict[str, Any]:
    """Somebody with networks, each an AS number and a mask of rights."""
    return {
        "id": 3,
        "name": "Ada Example",
        "given_name": "Ada",
        "family_name": "Example",
        "email": "ada@example.org",
        "verified_user": True,
        "verified_email": True,
        "networks": [
            {"id": asn, "asn": asn, "name": f"AS{asn}", "perms": perms} for asn, perms in networks
        ],
    }


@contextmanager
def fake_peeringdb(said: dict[str, Any], port: int = 0) -> Iterator[FakePeeringDb]:
    """A PeeringDB where the person of that profile is signed in."""
    accounts = FakeAccounts(said)
    with fake_web(accounts, port) as web:
        yield FakePeeringDb(web, accounts)


def _form(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
