"""The page of the night brake: what is held, its figures and samples, and what staff decide."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.delivery.brake.holding import decide, end_shadow
from tocsin.service.delivery.brake.naming import names_of
from tocsin.service.delivery.checking import plan_what_waits
from tocsin.service.delivery.models import Hold, HoldState, Recall
from tocsin.service.permissions import Permission, may, needs
from tocsin.service.portal.for_people import told
from tocsin.service.portal.staff.common import actor, page_of

_STATES = {
    "release": HoldState.RELEASED,
    "drop": HoldState.DROPPED,
    "shadow": HoldState.SHADOW,
}
_MOST = 100


@needs(Permission.BRAKE_SEE)
@require_GET
def brake(request: HttpRequest) -> HttpResponse:
    """What waits, oldest first; what is in shadow; what was decided and recalled, newest first."""
    rows = Hold.objects.select_related("night").annotate(
        lists=Count("reports__list", distinct=True)
    )
    waiting = list(rows.filter(state=HoldState.HELD).order_by("pk")[:_MOST])
    shadows = _newest(
        rows.filter(state=HoldState.SHADOW, over_at=None).order_by("-pk")[: 10 * _MOST]
    )
    decided = page_of(request, rows.exclude(state=HoldState.HELD).order_by("-pk"))
    names = names_of([*waiting, *shadows, *decided])
    page = {
        "waiting": [_Shown(each, names) for each in waiting],
        "all_waiting": Hold.objects.filter(state=HoldState.HELD).count(),
        "shadows": [_Shown(each, names) for each in shadows],
        "decided": decided,
        "shown": [_Shown(each, names) for each in decided],
        "recalls": Recall.objects.annotate(lists=Count("reports__list", distinct=True)).order_by(
            "-pk"
        )[:_MOST],
        "may_decide": may(request.user, Permission.BRAKE_DECIDE),
    }
    return render(request, "staff/brake.html", page)


@needs(Permission.BRAKE_DECIDE)
@require_POST
def decide_hold(request: HttpRequest, number: int) -> HttpResponse:
    """Decide one hold."""
    state = _STATES.get(request.POST.get("decision", ""), HoldState.HELD)
    now = clock.now()
    try:
        with transaction.atomic():
            night = decide(number, state, request.POST.get("note", ""), actor(request), now)
            if night is not None:
                plan_what_waits(night, now, f"hold {number} ")
    except UsageError as error:
        messages.error(request, told(error))
        return redirect("staff_brake")
    if night is None:
        messages.error(request, "That was decided already.")
    else:
        messages.success(request, f"It is {state.label}.")
    return redirect("staff_brake")


@needs(Permission.BRAKE_DECIDE)
@require_POST
def shadow_over(request: HttpRequest, number: int) -> HttpResponse:
    """End a shadow for the nights to come."""
    if end_shadow(number, actor(request), clock.now()):
        messages.success(request, "From the next night on it is looked over as any other part.")
    else:
        messages.error(request, "That is over already.")
    return redirect("staff_brake")


class _Shown:
    """A hold as the page shows it."""

    def __init__(self, hold: Hold, names: Mapping[int, str]) -> None:
        self.hold = hold
        self.lists: int = hold.lists  # type: ignore[attr-defined] # annotated above
        self.name = names[hold.pk]
        self.factor = f"{hold.rows / hold.median_rows:.1f}" if hold.median_rows else ""


def _newest(shadows: object) -> list[Hold]:
    """Of each part the newest night."""
    found: dict[tuple[str, str], Hold] = {}
    for each in shadows:  # type: ignore[attr-defined]
        found.setdefault((each.kind, each.name), each)
    return list(found.values())
