"""A page that shows what the service mailed, and the second factor of its reviewer.

It is there in a demonstration alone, where no mail goes out.
"""

from __future__ import annotations

import re

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from tocsin.service import clock, installation
from tocsin.service.demonstration.mailed import File, file_of, html_of, newest, picture_of
from tocsin.service.demonstration.people import STAFF, STAFF_FACTOR, SUBSCRIBER
from tocsin.service.permissions import Permission, needs

_LETTERS, _REPORTS = 100, 30
_PERIOD = 30
_PICTURE = re.compile(r"cid:([A-Za-z0-9.@_-]+)")

_ONLY_SHOWN = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
    "frame-ancestors 'self'"
)
"""What a message says in HTML runs nothing, and fetches nothing but its own pictures."""


@needs(Permission.ANYONE)
@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """Letters and reports, newest first."""
    _only_in_a_demonstration()
    wanted = request.GET.get("to", "")
    letters, reports = newest(wanted, _LETTERS, _REPORTS)
    page = {
        "letters": letters,
        "reports": reports,
        "wanted": wanted,
        "staff": STAFF,
        "subscriber": SUBSCRIBER,
        "factor": _second_factor(),
    }
    return render(request, "demonstration/mailbox.html", page)


@needs(Permission.ANYONE)
@require_GET
@xframe_options_sameorigin
def as_html(_request: HttpRequest, number: str) -> HttpResponse:
    """A message as a mail program shows it."""
    _only_in_a_demonstration()
    said = html_of(number)
    if not said:
        raise Http404

    def at(found: re.Match[str]) -> str:
        return reverse("demonstration_picture", args=(number, found[1]))

    return HttpResponse(_PICTURE.sub(at, said), headers={"Content-Security-Policy": _ONLY_SHOWN})


@needs(Permission.ANYONE)
@require_GET
def file(_request: HttpRequest, number: str, place: int) -> HttpResponse:
    """A file that came with a message."""
    _only_in_a_demonstration()
    return _answer(file_of(number, place), "attachment")


@needs(Permission.ANYONE)
@require_GET
def picture(_request: HttpRequest, number: str, name: str) -> HttpResponse:
    """A picture within a message."""
    _only_in_a_demonstration()
    return _answer(picture_of(number, name), "inline")


def _only_in_a_demonstration() -> None:
    if not installation.configuration().service.demonstration:
        raise Http404


def _answer(found: File | None, disposition: str) -> HttpResponse:
    if found is None:
        raise Http404
    name = re.sub(r"[^A-Za-z0-9._-]", "_", found.name)
    return HttpResponse(
        found.content,
        content_type=found.mime,
        headers={"Content-Disposition": f'{disposition}; filename="{name}"'},
    )


def _second_factor() -> str:
    """What the reviewer's authenticator shows at the moment."""
    seconds = int(clock.now().timestamp())
    return str(format_hotp_value(hotp_value(STAFF_FACTOR, seconds // _PERIOD)))
