"""What the endpoints share: who asks, for which lists and days, and pages of how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, cast

from django.http import HttpRequest
from pydantic import Field

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.nearest import nearest
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import installation
from tocsin.service.api.caller import Caller
from tocsin.service.api.keys import REPORTS
from tocsin.service.rest.refusal import Refusal
from tocsin.service.subscribers.models import MailingList

LONGEST = 200
"""Characters of a name that is asked for."""

Limit = Annotated[int, Field(ge=1, le=1000)]
LargeLimit = Annotated[int, Field(ge=1, le=10_000)]
Cursor = Annotated[str, Field(max_length=600)]
Name = Annotated[str, Field(max_length=LONGEST)]


def caller_of(request: HttpRequest) -> Caller:
    """Whoever was let in."""
    return cast(Caller, request.auth)  # type: ignore[attr-defined] # put there by django-ninja


def reader_of(request: HttpRequest) -> Caller:
    """The same; Refusal (403) if the key does not open reports."""
    caller = caller_of(request)
    if REPORTS not in caller.key.groups:
        raise Refusal(
            403,
            "this key does not open reports",
            where=caller.key.name,
            todo=f"make a key with the group {REPORTS}",
        )
    return caller


def lists_of(caller: Caller, name: str) -> Mapping[int, MailingList]:
    """The list of that name (`example-isp-asn`), or all without one.

    Refusal (404) for one that is not the key's, be there such a list or not.
    """
    if not name:
        return caller.lists
    found = {number: each for number, each in caller.lists.items() if str(each) == name}
    if not found:
        raise Refusal(
            404,
            f"no list {name[:80]!r} is open to this key",
            where="list",
            todo="/api/v1/lists names those that are",
        )
    return found


def type_of(name: str) -> ReportType:
    """The report type of that id or alias; Refusal (404) if there is none."""
    catalogue = catalogue_of_home()
    found = catalogue.report_type(name)
    if found is None:
        todo = nearest(name[:80], catalogue.report_types, listed="/api/v1/types names all")
        raise Refusal(404, f"there is no report type {name[:80]!r}", where="type", todo=todo)
    return found


def catalogue_of_home() -> Catalogue:
    """The report types that there are."""
    return home_catalogue(installation.home())
