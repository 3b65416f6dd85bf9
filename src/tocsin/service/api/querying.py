"""The method that searches what was reported."""

from __future__ import annotations

import datetime as dt

from tocsin.service.api.answers import Answer
from tocsin.service.api.arguments import Asked
from tocsin.service.api.caller import Caller
from tocsin.service.api.dates import Span
from tocsin.service.api.errors import asked_rightly
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
    with asked_rightly():
        found = query(scope, said, (span.first, span.last), caller.now)
    if found.shown:
        days = (span.first, span.last)
        fetches.note(reports_in(found.shown, days), caller.holder.name, caller.now)
    return found.to_json()
