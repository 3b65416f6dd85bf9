"""The tables that an export writes are brought in again, or refused as a whole with the place."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.service.desk import Desk, now
from tests.service.founded import founded

from tocsin.model.errors import InputError
from tocsin.service.audit.models import ActorKind, AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.exchange.bring import bring_in, differences
from tocsin.service.subscribers.exchange.compare import Outcome
from tocsin.service.subscribers.exchange.export import export_csv
from tocsin.service.subscribers.exchange.read import read_subscribers
from tocsin.service.subscribers.exchange.tables import TABLES, joined, parted
from tocsin.service.subscribers.models import Organisation

OPERATOR = Actor(ActorKind.OPERATOR, "command line")


@pytest.fixture
def tables(desk: Desk, tmp_path: Path) -> Path:
    """The tables of two organisations on file."""
    founded("owner", "AS64496", "192.0.2.0/24", country="XX", recipient="noc@owner.example.org")
    founded("cert", "XA", recipient="queue@cert.example.org")
    assert export_csv(tmp_path / "tables") == 2
    return tmp_path / "tables"


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_what_is_on_file_makes_no_difference(tables: Path) -> None:
    done = differences(read_subscribers(tables, "csv"), now())
    assert done.organisations == 2
    assert {outcome for outcome, _ in done.counts} == {Outcome.UNCHANGED}
    assert not done.problems


def test_what_an_office_program_makes_of_the_tables_is_the_same(tables: Path) -> None:
    """Other ends of lines, a byte order mark, rows and columns in another order."""
    for table in TABLES:
        path = tables / f"{table}.csv"
        with path.open(newline="") as stream:
            header, *rows = csv.reader(stream)
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows([each[::-1] for each in (header, *rows[::-1])])
            stream.write("\r\n")
    done = differences(read_subscribers(tables, "csv"), now())
    assert {outcome for outcome, _ in done.counts} == {Outcome.UNCHANGED}
    assert not done.problems


def test_a_row_that_was_added_and_a_cell_that_was_changed_are_the_difference(tables: Path) -> None:
    with (tables / "contacts.csv").open("a") as stream:
        stream.write('owner,bob@owner.example.org,"Bob\nOwner",,member,\n')
    changed(tables / "organisations.csv", "owner,Owner", "owner,Owner Renamed")
    done = bring_in(read_subscribers(tables, "csv"), "tables", OPERATOR, now())
    assert [(each.outcome, str(each)) for _, _, each in done.shown] == [
        (Outcome.CHANGED, "organisation owner"),
        (Outcome.ADDED, "contact bob@owner.example.org"),
    ]
    owner = Organisation.objects.get(slug="owner")
    assert owner.name == "Owner Renamed"
    assert owner.contacts.get(address="bob@owner.example.org").full_name == "Bob Owner"


def test_a_cell_that_cannot_be_read_is_told_with_line_column_and_what_to_do(tables: Path) -> None:
    changed(tables / "networks.csv", "192.0.2.0/24", "192.0.2.300/24")
    changed(tables / "proofs.csv", "192.0.2.0/24", "192.0.2.300/24")
    changed(tables / "lists.csv", "owner,owner,cidr,true", "owner,owner,cidr,perhaps")
    (wrong, missing, flag) = differences(read_subscribers(tables, "csv"), now()).problems
    line = 1 + (tables / "networks.csv").read_text().split("\n").index(
        next(each for each in (tables / "networks.csv").read_text().split("\n") if ".300" in each)
    )
    assert (wrong.where, wrong.line, wrong.column) == (str(tables / "networks.csv"), line, 2)
    assert (missing.line, missing.column) == (line, 2)
    assert "AS64496" in missing.todo
    assert (Path(flag.where).name, flag.column) == ("lists.csv", 4)
    assert (flag.what, flag.todo) == (
        "all_networks: is neither true nor false", "write true or false",
    )  # fmt: skip


def cut(table: str, columns: int) -> Callable[[Path], None]:
    def done(tables: Path) -> None:
        path = tables / f"{table}.csv"
        path.write_text(
            "".join(f"{each.rsplit(',', columns)[0]}\n" for each in path.read_text().splitlines())
        )

    return done


def more(table: str, row: bytes) -> Callable[[Path], None]:
    def done(tables: Path) -> None:
        with (tables / f"{table}.csv").open("ab") as stream:
            stream.write(row)

    return done


def other(table: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda tables: changed(tables / f"{table}.csv", old, new)


HOSTILE = {
    "a NUL": (more("contacts", b"owner,x\0@example.org,,,,\n"), 4, "NUL"),
    "a cell of 200,000 characters": (
        more("contacts", b"owner,a@example.org," + b"x" * 200_000 + b",,,\n"), 4, "no CSV",
    ),
    "a line that does not end": (more("contacts", b"x" * 300_000), 4, "longer than"),
    "a quote that is not closed": (
        more("contacts", b'owner,a@example.org,"Bob,,,\nowner,b@example.org,,,,\n'), 4, "no CSV",
    ),
    "text behind a quote": (more("contacts", b'owner,a@example.org,"Bob"by,,,\n'), 4, "no CSV"),
    "no UTF-8": (more("contacts", b"owner,a@example.org,\xff,,,\n"), 4, "UTF-8"),
    "half a surrogate": (more("contacts", b"owner,a@example.org,\xed\xa0\x80,,,\n"), 4, "UTF-8"),
    "too few cells": (more("contacts", b"owner,a@example.org\n"), 4, "2 cells"),
    "too many cells": (more("contacts", b"owner,a@example.org,,,,,\n"), 4, "7 cells"),
    "semicolons between the cells": (more("contacts", b"owner;a@example.org;;;;\n"), 4, "1 cell"),
    "an organisation twice": (more("organisations", b"OWNER,Other,,,,,\n"), 4, "line 3"),
    "a contact twice": (more("contacts", b"owner,ADMIN@owner.example.org,,,,\n"), 4, "line 3"),
    "a network twice": (more("networks", b"owner,as64496,,,\n"), 5, "twice"),
    "a recipient twice": (
        more("recipients", b"cert,cert,geo,queue@cert.example.org,,\n"), 5, "twice",
    ),
    "a contact of nobody": (more("contacts", b"other,a@x.example,,,,\n"), 4, "organisations.csv"),
    "a recipient of no list": (
        more("recipients", b"owner,o,asn,a@example.org,,\n"), 5, "lists.csv",
    ),
    "a proof of no network": (more("proofs", b"owner,AS64500,staff,,,,\n"), 5, "networks.csv"),
    "an unknown column": (other("lists", "delta", "delte"), 1, "'delte'"),
    "a column twice": (other("lists", "delta", "mode"), 1, "twice"),
    "a missing column": (cut("networks", 1), 1, "holder"),
    "an empty table": (lambda tables: (tables / "lists.csv").write_text(""), 1, "no column"),
    "a missing table": (lambda tables: (tables / "proofs.csv").unlink(), 0, "cannot be read"),
    "a directory for a table": (
        lambda tables: ((tables / "proofs.csv").unlink(), (tables / "proofs.csv").mkdir()), 0,
        "cannot be read",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "line", "what"), HOSTILE.values(), ids=HOSTILE)
def test_tables_that_do_not_hold_together_are_refused_and_nothing_is_changed(
    tables: Path, spoil: Callable[[Path], object], line: int, what: str
) -> None:
    changed(tables / "organisations.csv", "owner,Owner", "owner,Owner Renamed")
    spoil(tables)
    lines = AuditLine.objects.count()
    with pytest.raises(InputError) as told:
        bring_in(read_subscribers(tables, "csv"), "tables", OPERATOR, now())
    assert what in str(told.value)
    (problem,) = told.value.problems
    assert problem.line == line
    assert Path(problem.where).parent == tables
    assert problem.todo
    assert Organisation.objects.get(slug="owner").name == "Owner"
    assert AuditLine.objects.count() == lines


@given(st.lists(st.text(min_size=1, max_size=6).map(str.strip).filter(bool), max_size=4))
def test_values_in_one_cell_come_apart_as_they_were_put_together(values: list[str]) -> None:
    assert parted(joined(values)) == values
