"""A file of subscribers, in whichever form, as organisations one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tocsin.model.errors import Problem
from tocsin.service.subscribers.exchange.certbund import read_certbund
from tocsin.service.subscribers.exchange.csv_form import items_of_tables
from tocsin.service.subscribers.exchange.forms import OrganisationForm, Said
from tocsin.service.subscribers.exchange.json_items import items_of
from tocsin.service.subscribers.exchange.mentat import read_mentat
from tocsin.service.subscribers.exchange.n6 import read_n6
from tocsin.service.subscribers.exchange.own_form import read_own
from tocsin.service.subscribers.models import RecipientKind

FOREIGN = {"certbund": read_certbund, "n6": read_n6, "mentat": read_mentat}
FORMS = ("tocsin", "csv", *FOREIGN)


def read_subscribers(
    path: Path, form: str, kind: RecipientKind = RecipientKind.PERSON
) -> Iterator[Said | Problem]:
    """The organisations of a file (of `csv`, a directory), and what is wrong with it, in order.

    kind: what recipients of another program's file are, since none of them says it. InputError if
    the file is no JSON, or the tables of a directory do not hold together.
    """
    seen: dict[str, int] = {}
    items = items_of_tables(path) if form == "csv" else items_of(path)
    for line, item in items:
        problems: list[Problem] = []
        found = _read(item, path, line, problems, form, kind)
        yield from problems
        if found is None:
            continue
        if found.slug in seen:
            what = f"{found.slug} stands there twice, first on line {seen[found.slug]}"
            todo = "put the two together, or give one another name"
            yield Problem(str(path), line, 0, what, todo)
            continue
        seen[found.slug] = line
        yield Said(line, found)


def _read(
    item: object,
    path: Path,
    line: int,
    problems: list[Problem],
    form: str,
    kind: RecipientKind,
) -> OrganisationForm | None:
    if form in ("tocsin", "csv"):
        return read_own(item, str(path), line, problems)
    return FOREIGN[form](item, str(path), line, problems, kind)
