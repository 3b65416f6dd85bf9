"""The method that searches what was reported."""

from __future__ import annotations

import datetime as dt

from tocsin.model.errors import UsageError
from tocsin.service.api.answers import Answer
from tocsin.service.api.arguments import Asked
from tocsin.service.api.caller import Caller
from tocsin.service.api.dates import Span
from tocsin.service.api.errors import wrong
from tocsin.service.api.query.answering import query
from tocsin.service.api.query.places import Scope, reports_in
from tocsin.service.delivery import fetches


def search(caller: Caller, asked: Asked) -> Answer:
    """Rows of the lists that the key reads, or counts; yesterday's, unless days are said.

    Whoever is shown rows has fetched the reports that may have them.
    """
    span = asked.span("date") or Span(*[asked.today - dt.timedelta(days=1)] * 2)
    scope = Scope(list(caller.chosen(asked.texts("report")).values()))
    said = {name: value for name, value in asked.fields.items() if name != "report"}
    try:
        found = query(scope, said, (span.first, span.last), caller.now)
    except UsageError as error:
        raise wrong(f"{error.what}: {error.todo}" if error.todo else error.what) from error
    if found.shown:
        days = (span.first, span.last)
        fetches.note(reports_in(found.shown, days), caller.holder.name, caller.now)
    return found.to_json()
