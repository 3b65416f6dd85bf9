"""The queue of work, and the letters that it sends."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from tocsin.service import clock
from tocsin.service.audit.record import Subject, record
from tocsin.service.letters.models import Letter, LetterState
from tocsin.service.permissions import Permission, needs
from tocsin.service.portal.staff.common import actor, page_of, said, span
from tocsin.service.verification.comparison_age import compared
from tocsin.service.work import queue
from tocsin.service.work.models import Task, TaskState


@needs(Permission.WORK_MANAGE)
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """What waits, how long, and what has failed for good."""
    now = clock.now()
    waiting = (
        Task.objects.filter(state=TaskState.WAITING)
        .order_by()
        .values("kind")
        .annotate(count=Count("pk"), oldest=Min("made_at"))
        .order_by("kind")
    )
    page = {
        "waiting": [{**each, "since": span(now - each["oldest"])} for each in waiting],
        "failed": page_of(request, Task.objects.filter(state=TaskState.FAILED).order_by("-id")),
        "struggling": Task.objects.filter(state=TaskState.WAITING, attempts__gt=1).order_by("id")[
            :50
        ],
        "compared": compared(now),
    }
    return render(request, "staff/work.html", page)


@needs(Permission.WORK_MANAGE)
@require_POST
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Try a failed task once more."""
    task = get_object_or_404(Task, pk=number)
    if task.state != TaskState.FAILED:
        messages.error(request, "That task has not failed.")
        return redirect("staff_work")
    with transaction.atomic():
        queue.again(task, clock.now())
        record(
            actor(request),
            "task.again",
            Subject("task", str(task.pk), f"{task.kind} {task.key}"),
            clock.now(),
            before={"error": task.last_error},
        )
    messages.success(request, "It is tried again.")
    return redirect("staff_work")


@needs(Permission.REQUESTS_SEE)
@require_GET
def letters(request: HttpRequest) -> HttpResponse:
    """Letters, newest first: which, to whom, sent or not. What is in them is not shown: links."""
    text, state = said(request, "text"), said(request, "state")
    found = Letter.objects.order_by("-id").defer("context")
    if text:
        found = found.filter(recipient__icontains=text)
    if state in LetterState.values:
        found = found.filter(state=state)
    page = {
        "shown": page_of(request, found),
        "text": text,
        "state": state,
        "states": LetterState.choices,
    }
    return render(request, "staff/letters.html", page)
