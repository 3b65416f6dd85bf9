"""What a call is told instead of an answer: a problem as RFC 9457 writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from django.http import HttpResponse

from tocsin.model.errors import Problem

MEDIA_TYPE = "application/problem+json"


class Refusal(Exception):
    """A status; what was wrong, where, and what to do about it; each mistake, if there are many."""

    def __init__(
        self,
        status: int,
        what: str,
        *,
        where: str = "",
        todo: str = "",
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.what = what
        self.where = where
        self.todo = todo
        self.problems = tuple(problems)
        self.headers = dict(headers or {})
        super().__init__(what)

    def answer(self) -> HttpResponse:
        """As it is sent."""
        said = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.what,
            "where": self.where,
            "todo": self.todo,
            "problems": [_said(each) for each in self.problems],
        }
        return HttpResponse(
            # As ASCII: what a hostile request said may be no text.
            json.dumps(said),
            status=self.status,
            content_type=MEDIA_TYPE,
            headers=self.headers,
        )


def _said(problem: Problem) -> dict[str, object]:
    return {
        "where": problem.where,
        "line": problem.line,
        "what": problem.what,
        "todo": problem.todo,
    }
