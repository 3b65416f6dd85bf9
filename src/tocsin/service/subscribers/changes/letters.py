"""The letters about a change that has not been made yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from tocsin.service.letters.write import write
from tocsin.service.subscribers.changes.check import OnFile, written
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.changes.words import lines_of
from tocsin.service.subscribers.models import Contact, Request

CONFIRM = "confirm-change"
"""The purpose of the link by which another admin confirms a draft."""

CHOOSE = "choose-organisation"
"""The purpose of the link by which somebody says which organisation a change is about."""


def reference(request: Request, contact: Contact) -> str:
    """What the links about a draft stand for: the draft as it is now, and who was mailed it."""
    return f"{request.pk}.{request.round}.{contact.pk}"


def ask(
    request: Request, contact: Contact, change: WantedChange, on_file: OnFile, now: dt.datetime
) -> None:
    """What has to be told before the change can go on: what we have, what was said, the rest."""
    context = {
        "questions": request.questions,
        "said": lines_of(change),
        "on_file": written(on_file.networks),
    }
    _write("change_questions", request, contact, context, now)


def ask_which(
    request: Request, contact: Contact, theirs: Sequence[Contact], now: dt.datetime
) -> None:
    """Of which organisation somebody speaks."""
    choices = [
        {
            "organisation": each.organisation.name,
            "link": {"link": [CHOOSE, reference(request, each)]},
        }
        for each in theirs
    ]
    _write("change_which", request, contact, {"choices": choices}, now)


def say_draft(
    request: Request,
    contact: Contact,
    change: WantedChange,
    others: Sequence[Contact],
    now: dt.datetime,
) -> None:
    """To who asked: what was understood, and by whom it can be confirmed."""
    context = {
        "said": lines_of(change),
        "others": [str(each) for each in others],
        "is_admin": contact.is_admin,
    }
    _write("change_draft", request, contact, context, now)


def ask_to_confirm(
    request: Request, asker: Contact, other: Contact, change: WantedChange, now: dt.datetime
) -> None:
    """To another admin: whether that is right."""
    context = {
        "said": lines_of(change),
        "asker": str(asker),
        "confirm": {"link": [CONFIRM, reference(request, other)]},
    }
    _write("change_confirm", request, other, context, now)


def say_frozen(request: Request, contact: Contact, now: dt.datetime) -> None:
    """That nothing is changed for the time being."""
    _write("change_refused", request, contact, {"words": request.decision}, now)


def _write(
    text: str,
    request: Request,
    contact: Contact,
    context: Mapping[str, object],
    now: dt.datetime,
) -> None:
    is_answer = contact.address == request.requester
    write(
        text,
        contact.address,
        f"{text} {reference(request, contact)}",
        {
            "number": request.pk,
            "name": contact.full_name,
            "organisation": request.organisation_name,
            **context,
        },
        now,
        request=request.pk,
        organisation=contact.organisation_id,
        answers=request.last_message_id if is_answer else "",
        language=request.language,
    )
