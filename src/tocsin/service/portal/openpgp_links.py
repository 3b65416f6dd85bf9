"""The page by which an address gives its OpenPGP key."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.portal.for_people import told
from tocsin.service.portal.openpgp_form import KeyForm
from tocsin.service.portal.openpgp_shown import ShownKey
from tocsin.service.subscribers.changes.feed import make_change
from tocsin.service.subscribers.models import Recipient
from tocsin.service.subscribers.recipients.keys import held, set_key
from tocsin.service.subscribers.recipients.membership import SENT_TO


def give_key(request: HttpRequest, reference: str) -> HttpResponse:
    """Upload a first key, or the one on file once it is valid for longer."""
    recipient = _recipient(reference)
    form = KeyForm()
    if request.method == "POST":
        form = KeyForm(request.POST, request.FILES)
        if form.is_valid() and _given(form, recipient):
            words = "Thank you. It was noted; you and your admins get a letter that tells more."
            return render(request, "links/done.html", {"words": words})
    keys = held(recipient.list.organisation, recipient.address)
    now = clock.now()
    page = {
        "recipient": recipient,
        "keys": [ShownKey.of(each, now) for each in keys],
        "form": form,
    }
    return render(request, "links/give_key.html", page, status=422 if form.errors else 200)


def _given(form: KeyForm, recipient: Recipient) -> bool:
    """Whether it was taken; what is wrong with it is an error of the form."""
    actor, now = Actor.person(recipient.address), clock.now()
    said = form.cleaned_data["said"]
    try:
        make_change(
            recipient.list.organisation,
            actor,
            lambda: [set_key(recipient, said, actor, now, by_link=True)],
            now,
        )
    except UsageError as error:
        form.add_error(None, told(error))
        return False
    return True


def _recipient(reference: str) -> Recipient:
    number, _, turn = reference.partition(".")
    found = Recipient.objects.select_related("list__organisation").filter(pk=int(number)).first()
    if found is None or found.round != int(turn) or found.state not in SENT_TO:
        raise Http404
    return found
