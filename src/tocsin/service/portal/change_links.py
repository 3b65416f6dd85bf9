"""The pages behind links that are mailed about changes; see `links.py`."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tocsin.service import clock
from tocsin.service.portal.followed import follow
from tocsin.service.subscribers import people
from tocsin.service.subscribers.changes import changing, freezing
from tocsin.service.subscribers.changes.value import from_json
from tocsin.service.subscribers.changes.words import lines_of
from tocsin.service.subscribers.models import Change, Contact, ContactState, Request, RequestState


def confirm_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Another admin than the one who asked confirms a draft, or drops it."""
    asked, turn, contact = _draft(reference)
    current = (
        asked.round == turn
        and asked.state == RequestState.UNCONFIRMED
        and changing.may_confirm_by_link(asked, contact)
    )
    if request.method == "POST" and current:
        if request.POST.get("answer") == "drop":
            changing.drop_change(asked, turn, contact, clock.now())
            return _over(request, "The request has been dropped. Nothing was changed.")
        if request.POST.get("answer") == "confirm":
            return _confirmed(request, asked, turn, contact)
    page = {
        "asked": asked,
        "lines": lines_of(from_json(asked.change)) if current else [],
        "current": current,
    }
    return render(request, "links/confirm_change.html", page)


def _confirmed(request: HttpRequest, asked: Request, turn: int, contact: Contact) -> HttpResponse:
    if not changing.confirm_change(asked, turn, contact, clock.now()):
        return _over(request, "Nothing was changed: what is on file has changed since.")
    asked.refresh_from_db()
    if asked.state != RequestState.PROVING:
        return _over(request, "Thank you. The change has been made, and all admins are told.")
    follow(request, asked.pk, contact)
    return redirect("request", number=asked.pk)


def choose_organisation(request: HttpRequest, reference: str) -> HttpResponse:
    """Who is a contact of several says which one a change is about."""
    asked, turn, contact = _draft(reference)
    if request.method == "POST" and changing.choose_organisation(asked, turn, contact, clock.now()):
        return _over(request, "Thank you. We write to you what comes next.")
    page = {
        "contact": contact,
        "current": asked.round == turn and asked.organisation_id is None and asked.is_open,
    }
    return render(request, "links/choose_organisation.html", page)


def not_us(request: HttpRequest, reference: str) -> HttpResponse:
    """Somebody who was told of a change says that it was not them."""
    number, whose = _parts(reference, 2)
    change = Change.objects.select_related("organisation").filter(pk=number).first()
    contact = Contact.objects.filter(pk=whose).first()
    if change is None or contact is None or contact.organisation_id != change.organisation_id:
        raise Http404
    if request.method == "POST" and freezing.not_us(change, contact, clock.now()):
        return _over(request, "Thank you. The feed stands still until our staff have looked at it.")
    change.refresh_from_db()
    page = {"change": change, "current": freezing.may_object(change, clock.now())}
    return render(request, "links/not_us.html", page)


def confirm_contact(request: HttpRequest, reference: str) -> HttpResponse:
    """A new contact agrees."""
    number, turn = _parts(reference, 2)
    contact = Contact.objects.select_related("organisation").filter(pk=number).first()
    if contact is None or contact.round != turn:
        raise Http404
    if request.method == "POST" and people.confirm(contact, clock.now()):
        contact.refresh_from_db()
        if contact.state == ContactState.WAITING:
            return _over(request, "Thank you. You can sign in when the time of waiting is over.")
        return _over(request, "Thank you. You can sign in with your mail address now.")
    return render(request, "links/confirm_contact.html", {"contact": contact})


def _draft(reference: str) -> tuple[Request, int, Contact]:
    number, turn, whose = _parts(reference, 3)
    asked = Request.objects.filter(pk=number).first()
    contact = Contact.objects.select_related("organisation").filter(pk=whose).first()
    if asked is None or contact is None or not asked.change:
        raise Http404
    return asked, turn, contact


def _parts(reference: str, how_many: int) -> list[int]:
    parts = reference.split(".")
    if len(parts) != how_many:
        raise Http404
    return [int(each) for each in parts]


def _over(request: HttpRequest, words: str) -> HttpResponse:
    return render(request, "links/done.html", {"words": words})
