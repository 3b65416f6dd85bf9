"""Finding requests by what people know of them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from tocsin.service.subscribers.models import Claim, Request, RequestState
from tocsin.service.subscribers.values import NetworkKind, NetworkValue, any_network

_GREATEST = 2**63 - 1


def find_requests(text: str, state: str) -> QuerySet[Request]:
    """Those in a state (a state's name, `open` or `all`) that a text is about, oldest first.

    text: a number, a network (then those that share addresses with it too), or part of the name of
    an organisation or of a mail address. Empty: all.
    """
    found = Request.objects.filter(_state(state))
    if text:
        found = found.filter(_about(text))
    first = "reviewed_from" if state == RequestState.REVIEW else "id"
    return found.order_by(first, "id")


def _state(state: str) -> Q:
    if state == "all":
        return Q()
    if state in RequestState.values:
        return Q(state=state)
    return Q(state__in=RequestState.open_ones())


def _about(text: str) -> Q:
    wanted = Q(organisation_name__icontains=text) | Q(requester__icontains=text)
    number = text.removeprefix("#")
    if number.isascii() and number.isdecimal() and int(number) <= _GREATEST:
        wanted |= Q(pk=int(number))
    try:
        network = any_network(text)
    except ValueError:
        return wanted
    return wanted | Q(pk__in=Claim.objects.filter(touching(network)).values("request"))


def touching(network: NetworkValue) -> Q:
    """Networks that are this one, or share addresses with it."""
    if network.kind is not NetworkKind.CIDR:
        return Q(kind=network.kind.value, value=network.value)
    first, last = network.ends()
    return Q(kind=network.kind.value, first__lte=last, last__gte=first)
