"""The first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tocsin.service.permissions import Permission, needs


@needs(Permission.ANYONE)
def home(request: HttpRequest) -> HttpResponse:
    """What this is, and the way in."""
    return render(request, "home.html")
