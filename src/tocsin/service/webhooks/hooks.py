"""Making, testing and ending web-hooks. What gives something away is told to all admins."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service import installation, keyring
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.changes.steps import Did, Step
from tocsin.service.subscribers.models import Organisation
from tocsin.service.webhooks.models import HookCall, HookState, Webhook
from tocsin.service.work.queue import enqueue

POST = "post_webhook"

MOST = 10
"""How many an organisation may have at a time."""

_LONGEST = 500


def checked_url(said: str) -> str:
    """The address, if it is one that is called; UsageError if not. Where it leads is seen then."""
    url = said.strip()
    if not _is_address(url):
        raise UsageError("this is no address of the web", where="url", todo="write https://...")
    parts = urlsplit(url)
    if len(url) > _LONGEST or parts.fragment:
        raise UsageError("the address is too long, or has a #", where="url")
    loopback = installation.configuration().proof.loopback_allowed
    if parts.scheme != "https" and not (loopback and parts.scheme == "http"):
        raise UsageError("only https is called", where="url", todo="write https://...")
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port or 443) > 0
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    return usable and plain and "@" not in parts.netloc


def make_hook(
    organisation: Organisation, url: str, actor: Actor, now: dt.datetime
) -> tuple[Webhook, Step]:
    """Make one. In the transaction of a change, which holds the organisation locked.

    UsageError if the address will not do, is there already, or there are too many.
    """
    checked = checked_url(url)
    current = organisation.webhooks.exclude(state=HookState.ENDED)
    if current.filter(url=checked).exists():
        raise UsageError("this address is told already", where="url")
    if current.count() >= MOST:
        raise UsageError(f"there are {MOST} web-hooks already", todo="end one that is not used")
    hook = Webhook.objects.create(
        organisation=organisation,
        url=checked,
        secret_number=keyring.newest(),
        made_by=actor.name,
        made_at=now,
    )
    note(hook, "webhook.made", actor, now, "", HookState.ACTIVE)
    return hook, Step(Did.WEBHOOK_MADE, hook.pk, f"{checked} is told of every report")


def end_hook(hook: Webhook, actor: Actor, now: dt.datetime) -> Step | None:
    """Nothing is told to it from now on; None if it has ended. In the caller's transaction."""
    hook = Webhook.objects.select_for_update().get(pk=hook.pk)
    if hook.state == HookState.ENDED:
        return None
    set_state(hook, HookState.ENDED, "webhook.ended", actor, now)
    return Step(Did.WEBHOOK_ENDED, hook.pk, f"{hook.url} is told of nothing any more")


def take_back(step: Step, actor: Actor, now: dt.datetime) -> None:
    """End what a step made: somebody said that it was not them."""
    end_hook(Webhook.objects.get(pk=step.row), actor, now)


@transaction.atomic
def switch_on(hook: Webhook, actor: Actor, now: dt.datetime) -> bool:
    """Tell it again, after it was put off; False if it is not off."""
    hook = Webhook.objects.select_for_update().get(pk=hook.pk)
    if hook.state != HookState.OFF:
        return False
    hook.failing_since = None
    set_state(hook, HookState.ACTIVE, "webhook.on", actor, now)
    return True


@transaction.atomic
def try_out(hook: Webhook, now: dt.datetime) -> HookCall:
    """Make a call that tells of no report; once a minute."""
    key = f"test {hook.pk} {now:%Y-%m-%dT%H:%M}"
    call, _ = HookCall.objects.get_or_create(key=key, defaults={"webhook": hook, "made_at": now})
    enqueue(POST, key, {"call": call.pk}, now)
    return call


def set_state(hook: Webhook, state: HookState, verb: str, actor: Actor, now: dt.datetime) -> None:
    """Change a hook that is locked, with its line in the audit."""
    before, hook.state = hook.state, state
    hook.save(update_fields=["state", "failing_since"])
    note(hook, verb, actor, now, before, state)


def note(hook: Webhook, verb: str, actor: Actor, now: dt.datetime, before: str, after: str) -> None:
    """A line of the audit."""
    record(
        actor,
        verb,
        Subject("webhook", str(hook.pk), hook.url),
        now,
        organisation=hook.organisation_id,
        before={"state": before} if before else None,
        after={"state": str(after)},
    )
