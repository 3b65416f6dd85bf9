"""Keys: made and revoked by an organisation's admin, told to all admins, and checked.

A secret is derived from a secret of the installation, the key's id and its round: a copy of the
database alone gives none away, and one need not be stored to be checked.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets as randomness
import string
from dataclasses import dataclass

from django.db import transaction

from tocsin.model.address import parse_address, parse_network
from tocsin.model.errors import UsageError
from tocsin.service import keyring
from tocsin.service.api.models import ApiKey
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.secret import in_base62
from tocsin.service.statements import Statement
from tocsin.service.subscribers.changes.steps import Did, Step
from tocsin.service.subscribers.changes.telling import note_change
from tocsin.service.subscribers.models import Organisation, OrganisationState

REPORTS = "reports"
"""The group of methods about an organisation's own reports; every key has it."""

FINDINGS = "findings"
"""The group of a key with which something may be said of findings."""

ID_LENGTH = 24
SECRET_LENGTH = 43
"""Letters and digits: 256 bits."""

MOST_KEYS = 50
"""How many keys of an organisation may hold at a time."""

_LETTERS = string.ascii_letters + string.digits

_BY_ID = Statement(
    lambda key_id: ApiKey.objects.filter(key_id=key_id).select_related("organisation").order_by()
)


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key as somebody wants it. lists: their numbers; None for all of the organisation.

    findings: whether something may be said of findings with it.
    """

    name: str
    lists: frozenset[int] | None = None
    expires_at: dt.datetime | None = None
    sources: tuple[str, ...] = ()
    findings: bool = False


def make_key(
    organisation: Organisation, wanted: WantedKey, actor: Actor, now: dt.datetime
) -> tuple[ApiKey, Step]:
    """Make a key. In the transaction of a change, which holds the organisation locked.

    UsageError if its name is taken, a list is not the organisation's, or there are too many.
    """
    _check(organisation, wanted, now)
    key = ApiKey.objects.create(
        key_id="".join(randomness.choice(_LETTERS) for _ in range(ID_LENGTH)),
        organisation=organisation,
        name=wanted.name,
        groups=[REPORTS, FINDINGS] if wanted.findings else [REPORTS],
        all_lists=wanted.lists is None,
        sources=list(wanted.sources),
        secret_number=keyring.newest(),
        made_by=actor.name,
        made_at=now,
        expires_at=wanted.expires_at,
    )
    if wanted.lists is not None:
        key.lists.set(wanted.lists)
    _note(key, "api_key.made", actor, now, after=_said(key))
    line = f"API key {key} made: with it programs read the reports of {scope_of(key)}"
    return key, Step(Did.KEY_MADE, key.pk, line)


def revoke_key(key: ApiKey, actor: Actor, now: dt.datetime) -> Step | None:
    """It opens nothing from now on, nor do links that were given for it; None if it is revoked.

    In the caller's transaction.
    """
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is not None:
        return None
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    _note(
        key,
        "api_key.revoked",
        actor,
        now,
        before={"revoked_at": None},
        after={"revoked_at": now.isoformat()},
    )
    return Step(Did.KEY_REVOKED, key.pk, f"API key {key} revoked: it opens nothing any more")


@transaction.atomic
def revoke_by_staff(key: ApiKey, actor: Actor, now: dt.datetime) -> None:
    """Staff revoke a key, of an organisation that stands still as well; its admins are told."""
    Organisation.objects.select_for_update().get(pk=key.organisation_id)
    note_change(key.organisation, actor.name, [revoke_key(key, actor, now)], now)


def take_back(step: Step, actor: Actor, now: dt.datetime) -> None:
    """Revoke the key that a step made: somebody said that it was not them."""
    revoke_key(ApiKey.objects.get(pk=step.row), actor, now)


def secret_of(key: ApiKey) -> str:
    """The secret. For whoever made the key, once, and to check what is signed with it."""
    return derived(key.key_id, key.secret_number, key.round)


def derived(key_id: str, number: int, turn: int) -> str:
    """The secret of a key of that id, whether there is such a key or not."""
    said = f"{key_id}\0{turn}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(keyring.secret(number).key("api"), said, hashlib.sha384)
    return in_base62(digest, SECRET_LENGTH)


def key_of(said: str) -> ApiKey | None:
    """The key of an id, with its organisation; whether it holds is another question.

    Of what is no id none is looked for in the same way: no database takes every text.
    """
    is_id = said.isascii() and said.isalnum()
    return _BY_ID.one(said[:64] if is_id else "")


def holds(key: ApiKey, now: dt.datetime) -> bool:
    """Whether it opens anything now; with its organisation loaded."""
    over = key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)
    return not over and key.organisation.state == OrganisationState.ACTIVE


def reads(key: ApiKey, number: int) -> bool:
    """Whether the list of that number is in its scope."""
    own = key.organisation.lists if key.all_lists else key.lists
    return own.filter(pk=number, organisation=key.organisation_id).exists()


def comes_from(key: ApiKey, address: str) -> bool:
    """Whether a call from that address may use it."""
    if not key.sources:
        return True
    try:
        sender = parse_address(address)
    except ValueError:
        return False
    networks = [parse_network(each) for each in key.sources]
    return any(each.first <= sender <= each.last for each in networks)


def used(key: ApiKey, now: dt.datetime) -> None:
    """Remember the day; written once a day."""
    day = now.date()
    if key.last_used is None or key.last_used < day:
        ApiKey.objects.filter(pk=key.pk).update(last_used=day)


def scope_of(key: ApiKey) -> str:
    """What it reads, in words."""
    if key.all_lists:
        return "all lists"
    names = ", ".join(map(str, key.lists.all()))
    return f"the lists {names}" if names else "no list"


def _check(organisation: Organisation, wanted: WantedKey, now: dt.datetime) -> None:
    current = organisation.api_keys.filter(revoked_at=None)
    if current.filter(name=wanted.name).exists():
        raise UsageError(
            f"there is a key called {wanted.name} already", todo="call it otherwise, or revoke that"
        )
    if current.count() >= MOST_KEYS:
        raise UsageError(f"there are {MOST_KEYS} keys already", todo="revoke what is not used")
    if wanted.lists is not None:
        own = set(organisation.lists.filter(pk__in=wanted.lists).values_list("pk", flat=True))
        if not wanted.lists or own != wanted.lists:
            raise UsageError("a key needs lists of the organisation", todo="choose at least one")
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise UsageError("the key would be over already", todo="name a later day, or none")


def _said(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.key_id,
        "name": key.name,
        "groups": key.groups,
        "lists": "all" if key.all_lists else [str(each) for each in key.lists.all()],
        "sources": key.sources,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }


def _note(
    key: ApiKey,
    verb: str,
    actor: Actor,
    now: dt.datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object],
) -> None:
    record(
        actor,
        verb,
        Subject("api_key", str(key.pk), str(key)),
        now,
        organisation=key.organisation_id,
        before=before,
        after=after,
    )
