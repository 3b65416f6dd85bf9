"""Sign-in through PeeringDB: somebody shows that they may change a network there.

OAuth 2 with an authorisation code and PKCE. The profile has a list of networks with a mask of four
bits each; the bit of value two is the right to update. Source: PeeringDB's documentation on OAuth.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tocsin.configuration.load import Configuration
from tocsin.configuration.service import ProofRules
from tocsin.service.texts import harmless
from tocsin.service.verification.guarded_http import Answer, GuardedHttp
from tocsin.service.verification.registry import RegistryUnreachable
from tocsin.service.verification.sign_in import SignedIn

ADDRESS = "https://auth.peeringdb.com"
SCOPES = "profile email networks"
SECONDS = 6.0
_MAY_UPDATE = 0b0010
_MOST_NETWORKS = 1000


def peeringdb_of(configuration: Configuration) -> RealPeeringDb:
    """PeeringDB, or what the configuration puts in its place.

    It is asked while a person waits, since its codes live for a minute: not as long as others.
    """
    rules = configuration.proof
    http = GuardedHttp(loopback_allowed=rules.loopback_allowed, seconds=SECONDS)
    return RealPeeringDb(http, rules)


@dataclass(frozen=True, slots=True)
class RealPeeringDb:
    """See PeeringDb. It asks at the address of the configuration."""

    http: GuardedHttp
    rules: ProofRules

    def sign_in_address(self, state: str, verifier: str, back: str) -> str:
        """See PeeringDb."""
        asked = {
            "response_type": "code",
            "client_id": self.rules.peeringdb_client,
            "redirect_uri": back,
            "scope": SCOPES,
            "state": state,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{self._at('oauth2/authorize/')}?{urlencode(asked)}"

    def signed_in(self, code: str, verifier: str, back: str) -> SignedIn:
        """See PeeringDb."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self.rules.peeringdb_client,
            "client_secret": self.rules.peeringdb_secret.get_secret_value(),
            "code_verifier": verifier,
        }
        token = _object(self.http.post(self._at("oauth2/token/"), form)).get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise _unreachable("answers without a token")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        answer = self.http.get(self._at("profile/v1"), headers, redirects=0)
        return profile_of(_object(answer))

    def _at(self, path: str) -> str:
        return f"{(self.rules.peeringdb_address or ADDRESS).rstrip('/')}/{path}"


def challenge(verifier: str) -> str:
    """What PKCE (RFC 7636) shows of the verifier before it is told."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def profile_of(said: Mapping[str, Any]) -> SignedIn:
    """Who that is; whatever has another shape than it should counts as nothing."""
    networks = said.get("networks")
    number = said.get("id")
    return SignedIn(
        number=number if isinstance(number, int) else 0,
        name=harmless(str(said.get("name", "")), 200),
        address=harmless(str(said.get("email", "")), 254),
        verified=said.get("verified_user") is True and said.get("verified_email") is True,
        may_update=tuple(
            each["asn"]
            for each in (networks if isinstance(networks, list) else [])[:_MOST_NETWORKS]
            if isinstance(each, dict)
            and type(each.get("asn")) is int
            and type(each.get("perms")) is int
            and each["perms"] & _MAY_UPDATE
        ),
    )


def _object(answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise _unreachable(f"answers with the status {answer.status}")
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise _unreachable("answers with what is no JSON") from error
    if not isinstance(said, dict):
        raise _unreachable("answers with what is no object")
    return said


def _unreachable(what: str) -> RegistryUnreachable:
    return RegistryUnreachable(what, where="PeeringDB", todo="sign in once more, later")
