"""What the pages of staff share."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor

M = TypeVar("M", bound=Model)

PAGE = 50
"""Rows on a page."""


def person(request: HttpRequest) -> User:
    """Who is signed in; the permission of the page holds for accounts only."""
    assert isinstance(request.user, User)  # noqa: S101 - `needs` has seen to it
    return request.user


def actor(request: HttpRequest) -> Actor:
    """The same person, as the audit names them."""
    return Actor(ActorKind.STAFF, person(request).email)


def page_of(request: HttpRequest, rows: QuerySet[M, Any]) -> Page[Any]:
    """The page that the address asks for; the nearest one if there is no such page."""
    return Paginator(rows, PAGE).get_page(request.GET.get("page"))


def said(request: HttpRequest, name: str, longest: int = 200) -> str:
    """A value of the address without what no text has (NUL, which PostgreSQL refuses)."""
    return request.GET.get(name, "").replace("\0", "").strip()[:longest]


def numbers(request: HttpRequest, name: str) -> tuple[int, ...]:
    """The numbers of rows that a form names; what cannot be one is left out."""
    sent = request.POST.getlist(name)
    return tuple(
        int(each) for each in sent if each.isascii() and each.isdecimal() and len(each) < 19
    )


def span(length: dt.timedelta | None) -> str:
    """A length of time for people: its two largest units."""
    if length is None:
        return "-"
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
