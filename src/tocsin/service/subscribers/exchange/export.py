"""Writing all subscribers to a file, or to a directory of tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from django.db import transaction

from tocsin.engine.files import atomic_path
from tocsin.service.subscribers.exchange.current import all_forms
from tocsin.service.subscribers.exchange.forms import ListForm, OrganisationForm
from tocsin.service.subscribers.exchange.own_form import FORMAT, to_json
from tocsin.service.subscribers.exchange.tables import TABLES, flag, joined

Row = tuple[object, ...]


@transaction.atomic
def export_json(path: Path) -> int:
    """Write all subscribers to a JSON file, one organisation a line; how many there were."""
    count = 0
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write(f'{{"format": {json.dumps(FORMAT)}, "organisations": [')
        for form in all_forms():
            text = json.dumps(to_json(form), ensure_ascii=False, sort_keys=True)
            stream.write((",\n" if count else "\n") + text)
            count += 1
        stream.write("\n]}\n")
    return count


@transaction.atomic
def export_csv(directory: Path) -> int:
    """Write all subscribers to the tables of a directory; how many organisations there were."""
    count = 0
    with ExitStack() as files:
        writers = {}
        for table, columns in TABLES.items():
            temporary = files.enter_context(atomic_path(directory / f"{table}.csv"))
            stream = files.enter_context(temporary.open("w", encoding="utf-8", newline=""))
            writers[table] = csv.writer(stream, lineterminator="\n")
            writers[table].writerow(columns)
        for form in all_forms():
            count += 1
            for table, row in _rows(form):
                writers[table].writerow(row)
    return count


def _rows(form: OrganisationForm) -> Iterator[tuple[str, Row]]:
    domains = joined(form.mail_domains)
    yield (
        "organisations",
        (form.slug, form.name, form.kind, form.country, domains, form.state, form.notes),
    )
    for contact in form.contacts:
        ended = flag(contact.has_ended)
        yield (
            "contacts",
            (
                form.slug,
                contact.address,
                contact.full_name,
                contact.phone,
                contact.role.value,
                ended,
            ),
        )
    for each in form.networks:
        yield "networks", (form.slug, each.network, each.label, each.state, each.holder)
        for proof in each.proofs:
            yield (
                "proofs",
                (
                    form.slug,
                    each.network,
                    proof.method,
                    proof.state,
                    proof.made_at,
                    proof.ends_at,
                    proof.note,
                ),
            )
    for mailing_list in form.lists:
        yield from _rows_of_list(form.slug, mailing_list)


def _rows_of_list(slug: str, form: ListForm) -> Iterator[tuple[str, Row]]:
    yield (
        "lists",
        (
            slug,
            form.name,
            form.filter.value,
            flag(form.all_networks),
            joined(form.networks),
            joined(form.except_types),
            form.least_severity,
            form.format,
            flag(form.compressed),
            form.delivery,
            flag(form.delta),
            form.language,
            form.mode,
            form.redirect_to,
            form.proof_of_life,
            joined(form.extra_columns),
        ),
    )
    for each in form.recipients:
        yield (
            "recipients",
            (slug, form.name, form.filter.value, each.address, each.kind.value, each.state),
        )
