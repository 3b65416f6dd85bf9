"""Which requests a browser session may follow: those that it confirmed."""

from __future__ import annotations

from django.http import HttpRequest

from tocsin.service.subscribers.models import Contact, ContactState

_KEY = "requests"
_AS = "followed_as"
_MOST = 20


def follow(request: HttpRequest, number: int, by: Contact | None = None) -> None:
    """Let the session follow a request; its id changes, so that earlier ones are worth nothing.

    by: the contact on whose word, for what an organisation asks; it ends when they are none.
    """
    request.session.cycle_key()
    numbers = [each for each in request.session.get(_KEY, []) if each != number]
    kept = [*numbers, number][-_MOST:]
    request.session[_KEY] = kept
    who = {key: pk for key, pk in request.session.get(_AS, {}).items() if int(key) in numbers}
    request.session[_AS] = who | ({str(number): by.pk} if by is not None else {})


def follows(request: HttpRequest, number: int) -> bool:
    """Whether the session may."""
    if number not in request.session.get(_KEY, []):
        return False
    who = request.session.get(_AS, {}).get(str(number))
    return who is None or Contact.objects.filter(pk=who, state=ContactState.ACTIVE).exists()
