"""A page that shows what the service mailed, and the second factor of its reviewer.

It is there in a demonstration alone, where no mail goes out.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tocsin.service import clock, installation
from tocsin.service.demonstration.people import STAFF, STAFF_FACTOR, SUBSCRIBER
from tocsin.service.permissions import Permission, needs

_MOST = 100
_PERIOD = 30
_LINK = re.compile(r"(https?://\S+)")


@dataclass(frozen=True, slots=True)
class Mailed:
    """A letter as the page shows it; `parts` are texts and links in turn.

    is_report: whether a list got it; there are hundreds of those, so they are folded.
    """

    number: str
    recipient: str
    subject: str
    parts: tuple[str, ...]
    is_report: bool


@needs(Permission.ANYONE)
@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """The newest letters, or those to one address, newest first."""
    if not installation.configuration().service.demonstration:
        raise Http404
    wanted = request.GET.get("to", "")
    page = {
        "letters": list(islice(_letters(wanted), _MOST)),
        "most": _MOST,
        "wanted": wanted,
        "staff": STAFF,
        "subscriber": SUBSCRIBER,
        "factor": _second_factor(),
    }
    return render(request, "demonstration/mailbox.html", page)


def _second_factor() -> str:
    """What the reviewer's authenticator shows at the moment."""
    seconds = int(clock.now().timestamp())
    return str(format_hotp_value(hotp_value(STAFF_FACTOR, seconds // _PERIOD)))


def _letters(wanted: str) -> Iterator[Mailed]:
    folder = installation.unsent_mail()
    for path in sorted(folder.glob("[0-9]*.eml"), reverse=True):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if wanted and str(message["To"]) != wanted:
            continue
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        yield Mailed(
            path.stem,
            str(message["To"]),
            str(message["Subject"]),
            tuple(_LINK.split(text)),
            is_report="List-Id" in message,
        )
