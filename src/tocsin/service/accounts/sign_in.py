"""Who may sign in: staff, and the people on file for an organisation."""

from __future__ import annotations

import datetime as dt

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from tocsin.service.accounts.models import User, canonical_address
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import Contact, ContactState


def may_sign_in(user: User) -> bool:
    """Whether an account is good for anything now: of the staff, or an active contact."""
    return user.is_active and (user.is_of_staff or _on_file(user.email))


@transaction.atomic
def account_of(address: str, now: dt.datetime) -> User | None:
    """The account of somebody who may sign in; made if it is the first time. Else None.

    It is known to the library by its address, which is confirmed by the code that is mailed to it.
    """
    known = canonical_address(address)
    user = User.objects.filter(email=known).first()
    if user is None and _on_file(known):
        # Two who ask at once get the same account.
        user, new = User.objects.get_or_create(
            email=known, defaults={"password": make_password(None)}
        )
        if new:
            record(Actor.system("accounts"), "account.made", _subject(user), now)
    if user is None or not may_sign_in(user):
        return None
    EmailAddress.objects.get_or_create(
        user=user, email=known, defaults={"primary": True, "verified": False}
    )
    return user


@transaction.atomic
def signed_in(user: User, now: dt.datetime) -> None:
    """Note that somebody has signed in; the contacts with that address become the account's."""
    kind = ActorKind.STAFF if user.is_of_staff else ActorKind.PERSON
    actor = Actor(kind, user.email)
    unlinked = Contact.objects.select_for_update().filter(
        address=user.email, state=ContactState.ACTIVE, account=None
    )
    for contact in unlinked:
        contact.account = user
        contact.save(update_fields=["account"])
        record(
            actor,
            "contact.linked",
            Subject("contact", str(contact.pk), str(contact)),
            now,
            organisation=contact.organisation_id,
            after={"account": user.email},
        )
    record(actor, "account.signed_in", _subject(user), now)


def _on_file(address: str) -> bool:
    return Contact.objects.filter(address=address, state=ContactState.ACTIVE).exists()


def _subject(user: User) -> Subject:
    return Subject("user", str(user.pk), user.email)
