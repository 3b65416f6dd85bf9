"""Addresses with a slash too many or too few at their end lead to the page that is meant."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import is_valid_path
from django.utils.http import escape_leading_slashes

_READING = ("GET", "HEAD")


class SlashesMiddleware:
    """Redirects whoever asks for no page, where there is one but for that slash.

    Reading alone: what is sent to a wrong address is sent to nobody. Whether somebody may see the
    page is asked there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See the class."""
        if request.method in _READING and not is_valid_path(request.path_info):
            other = _other(request.path_info)
            if is_valid_path(other):
                return HttpResponseRedirect(_address(request, other))
        return self._get_response(request)


def _other(path: str) -> str:
    return path[:-1] if path.endswith("/") else f"{path}/"


def _address(request: HttpRequest, path: str) -> str:
    """On this host, whatever the path begins with."""
    whole = request.get_full_path()
    query = whole[whole.index("?") :] if "?" in whole else ""
    prefix = request.path.removesuffix(request.path_info)
    quoted = HttpRequest()
    quoted.path = f"{prefix}{path}"
    return escape_leading_slashes(f"{quoted.get_full_path()}{query}")
