"""What was mailed to the service, and what became of it. The mails themselves are not shown.

A mail may quote links and codes that belong to its sender, and is text from anybody.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tocsin.service.mailbox.counts import count_messages
from tocsin.service.mailbox.models import IncomingMessage, MessageState
from tocsin.service.permissions import Permission, needs
from tocsin.service.portal.staff.common import page_of, said
from tocsin.service.subscribers.models import Organisation

_GREATEST = 2**63 - 1


@needs(Permission.MAIL_SEE)
@require_GET
def mail(request: HttpRequest) -> HttpResponse:
    """Messages, newest first, or those that a text, a state and a reason find; counts by state."""
    text, state, reason = said(request, "text"), said(request, "state"), said(request, "reason")
    shown = page_of(request, _found(text, state, reason))
    slugs = _slugs({each.organisation for each in shown if each.organisation})
    counts = count_messages()
    page = {
        "shown": shown,
        "rows": [(each, slugs.get(each.organisation or 0, "")) for each in shown],
        "text": text,
        "state": state,
        "reason": reason,
        "states": MessageState.choices,
        "reasons": sorted({each for _, each, _ in counts.by_reason if each}),
        "counts": [(each.label, each.value, counts.of(each)) for each in MessageState],
        "total": counts.total,
    }
    return render(request, "staff/mail.html", page)


def _found(text: str, state: str, reason: str) -> QuerySet[IncomingMessage]:
    found = IncomingMessage.objects.order_by("-id")
    if state in MessageState.values:
        found = found.filter(state=state)
    if reason:
        found = found.filter(reason=reason)
    if not text:
        return found
    wanted = Q(from_address__icontains=text) | Q(sender__icontains=text)
    wanted |= Q(subject__icontains=text) | Q(message_id=text.strip("<>"))
    number = text.removeprefix("#")
    if number.isascii() and number.isdecimal() and int(number) <= _GREATEST:
        wanted |= Q(request=int(number))
    theirs = Organisation.objects.filter(Q(slug=text.lower()) | Q(name__iexact=text))
    return found.filter(wanted | Q(organisation__in=theirs.values("pk")))


def _slugs(numbers: set[int]) -> dict[int, str]:
    return dict(Organisation.objects.filter(pk__in=numbers).values_list("pk", "slug"))
