"""The six tables of a directory, put together as the organisations that they tell of.

All are read before anything is told of: a set of tables that does not hold together is refused as
a whole, so that nothing of it is ever half brought in. What a sound cell says is judged afterwards
as that of any other file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tocsin.model.errors import InputError
from tocsin.service.subscribers.exchange.cells import Row
from tocsin.service.subscribers.exchange.csv_rows import refused, rows_of
from tocsin.service.subscribers.exchange.tables import KEYS, TABLES, parted
from tocsin.service.subscribers.models import NetworkState, RecipientState

_NAMES = {"organisations": {"organisation": "id"}, "lists": {"list": "name"}}
"""Columns that are called otherwise in an object of our own form."""

_SEVERAL = frozenset({"mail_domains", "networks", "except_types", "extra_columns"})
_FLAGS = frozenset({"ended", "all_networks", "compressed", "delta"})
_TRUTH = {"true": True, "false": False}
_ENDED = {
    "networks": {NetworkState.ENDED.value},
    "recipients": {RecipientState.LEFT.value, RecipientState.REMOVED.value},
}
"""The states that are an end; contacts have a column for it."""

_Key = tuple[str, ...]
_Rows = dict[_Key, list[Row]]


def items_of_tables(directory: Path) -> Iterator[tuple[int, object]]:
    """Each organisation as an object of our own form, and its line in the table of organisations.

    InputError if a table is missing or unsound, two rows tell of the same, or a row tells of an
    organisation or list that has none. The tables are held in memory, but for the proofs, which
    are for the record and not brought in.
    """
    if not directory.is_dir():
        raise InputError(
            "this is no directory of tables",
            where=str(directory),
            todo="name the directory that holds organisations.csv and the five others",
        )
    organisations = _table(directory, "organisations", {})
    known: Mapping[_Key, object] = {_key("organisations", each): each for each in organisations}
    contacts = _by(1, "contacts", _table(directory, "contacts", known))
    networks = _by(1, "networks", _table(directory, "networks", known))
    lists = _table(directory, "lists", known)
    of_lists = {_key("lists", each): each for each in lists}
    recipients = _by(3, "recipients", _table(directory, "recipients", of_lists))
    _look_through_proofs(directory, {_key("networks", each) for each in _all(networks)})
    for key, row in of_lists.items():
        row["recipients"] = recipients.get(key, [])
    by_organisation = _by(1, "lists", lists)
    for row in organisations:
        key = _key("organisations", row)
        row["contacts"] = contacts.get(key, [])
        row["networks"] = networks.get(key, [])
        row["lists"] = by_organisation.get(key, [])
        yield row.line, row


def _all(rows: _Rows) -> Iterator[Row]:
    return (each for found in rows.values() for each in found)


def _by(length: int, table: str, rows: list[Row]) -> _Rows:
    """Rows by the first parts of their key: the organisation, or the list."""
    found: _Rows = defaultdict(list)
    for each in rows:
        found[_key(table, each)[:length]].append(each)
    return found


def _key(table: str, row: Row) -> _Key:
    names = _NAMES.get(table, {})
    return tuple(str(row[names.get(each, each)]).casefold() for each in KEYS[table])


def _table(directory: Path, table: str, owners: Mapping[_Key, object]) -> list[Row]:
    """The rows of a table. owners: the keys of what they have to be of, in all but the first."""
    path = directory / f"{table}.csv"
    names = _NAMES.get(table, {})
    columns: dict[str, tuple[int, str]] = {}
    seen: dict[_Key, int] = {}
    found = []
    for read in rows_of(path, TABLES[table]):
        line = read.line
        for each, place in zip(TABLES[table], read.places, strict=True):
            columns.setdefault(names.get(each, each), (place, each))
        row = Row(_values(table, read.cells), str(path), line, columns)
        key = _key(table, row)
        if key in seen:
            what = f"{' '.join(key)[:200]} stands there twice, first on line {seen[key]}"
            raise refused(path, line, read.places[0], what, "leave one out")
        seen[key] = line
        if table != "organisations":
            _has_owner(key[: 3 if table == "recipients" else 1], owners, path, line, read.places[0])
        found.append(row)
    return found


def _has_owner(
    key: _Key, owners: Mapping[_Key, object], path: Path, line: int, column: int
) -> None:
    if key in owners:
        return
    table = "lists.csv" if len(key) > 1 else "organisations.csv"
    what = f"{' '.join(key)[:200]} does not stand in {table}"
    todo = "add its row there, or leave this one out"
    raise refused(path, line, column, what, todo)


def _values(table: str, cells: tuple[str, ...]) -> dict[str, Any]:
    """As an object of our own form has them; a flag that is empty is none."""
    names = _NAMES.get(table, {})
    said = {
        names.get(column, column): _value(column, cell.strip())
        for column, cell in zip(TABLES[table], cells, strict=True)
        if cell.strip() or column not in _FLAGS
    }
    if table in _ENDED:
        said["ended"] = said["state"] in _ENDED[table]
    return said


def _value(column: str, text: str) -> object:
    if column in _SEVERAL:
        return parted(text)
    # What is no flag is left as it is, and told as a mistake when the cell is judged.
    return _TRUTH.get(text.casefold(), text) if column in _FLAGS else text


def _look_through_proofs(directory: Path, networks: set[_Key]) -> None:
    """They have to be sound and of a network, and none is brought in as what it was."""
    path = directory / "proofs.csv"
    for read in rows_of(path, TABLES["proofs"]):
        organisation, network, *_ = read.cells
        key = (organisation.strip().casefold(), network.strip().casefold())
        if key not in networks:
            what = f"{' '.join(key)[:200]} does not stand in networks.csv"
            todo = "add its row there, or leave this one out"
            raise refused(path, read.line, read.places[0], what, todo)
