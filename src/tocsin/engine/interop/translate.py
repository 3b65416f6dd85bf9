"""Rows of one report type as objects of another vocabulary, as its file says; and back.

A cell leaves the rest (or is told nowhere but in the evidence) only if a field tells it for sure:
always the same field of the same column, with a value that is the cell whole. So every object can
be read back to the row that it was made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tocsin.catalogue.entries import ReportType
from tocsin.catalogue.interop_entries import (
    BRACES,
    SUBJECT,
    SUBJECT_PORT,
    Field,
    OtherVocabulary,
    Pick,
    Rule,
    Said,
)
from tocsin.engine.interop.evidence import cells_of_evidence, evidence_item
from tocsin.engine.interop.paths import Json, get, put
from tocsin.engine.interop.row import Reporter, Row
from tocsin.engine.interop.values import Value, cell_of, value_of
from tocsin.model.columns import ColumnKind
from tocsin.model.severity import Severity

_FAMILY: Final = re.compile(r"^(event|scan|population)[46]?_")
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")
_WORDS: Final = frozenset(severity.word for severity in Severity)

Values = Mapping[str, list[Value]]
"""What cells say in fields, by path."""


@dataclass(frozen=True, slots=True)
class _Filled:
    """A field of a type, and the columns that the type has of those that may fill it."""

    field: Field
    columns: tuple[str, ...]

    @property
    def sure(self) -> str:
        """The column that the field tells of whenever it is filled; empty if there are several."""
        return self.columns[0] if len(self.columns) == 1 else ""

    def values(self, cells: Mapping[str, str]) -> list[Value]:
        """What the cells say in it: nothing, one value, or for `all` several different ones."""
        found: list[Value] = []
        for name in self.columns:
            cell = cells.get(name, "")
            value = value_of(self.field, cell) if cell else None
            if value is not None and value not in found:
                found.append(value)
                if self.field.pick is not Pick.ALL:
                    break
        return found


@dataclass(frozen=True, slots=True)
class _Way:
    """One rule with the fields of a type that apply under it."""

    rule: Rule
    fields: tuple[_Filled, ...]

    def told(self, cells: Mapping[str, str]) -> Values:
        """What the cells say in the fields, where they say anything."""
        values = {each.field.path: each.values(cells) for each in self.fields}
        return {path: held for path, held in values.items() if held}

    def for_sure(self, told: Values) -> Mapping[str, str]:
        """The cells that can be read back from what is told, by column."""
        found: dict[str, str] = {}
        for each in self.fields:
            held = told.get(each.field.path)
            if held and each.sure:
                found.setdefault(each.sure, cell_of(each.field.kind, held[0]))
        return found


class Translator:
    """Turns rows of one report type into objects of one vocabulary, and objects into cells."""

    def __init__(
        self, vocabulary: OtherVocabulary, entry: ReportType, reporter: Reporter | None = None
    ) -> None:
        self._vocabulary = vocabulary
        self._entry = entry
        self._kinds = {column.name: column.kind for column in entry.columns}
        self._ways = tuple(self._way(rule) for rule in vocabulary.rules if rule.fits(entry))
        self._facts = _facts_of(entry, reporter or Reporter())

    def _way(self, rule: Rule) -> _Way:
        replaced = {field.path for field in rule.fields} | rule.without
        kept = [field for field in self._vocabulary.fields if field.path not in replaced]
        filled = (_Filled(field, self._columns(field)) for field in (*kept, *rule.fields))
        return _Way(rule, tuple(each for each in filled if each.columns))

    def _columns(self, field: Field) -> tuple[str, ...]:
        stand_ins = {SUBJECT: self._entry.subject.column, SUBJECT_PORT: self._entry.subject_port}
        names = (stand_ins.get(name, name) for name in field.columns)
        held = tuple(dict.fromkeys(name for name in names if name in self._kinds))
        return held[:1] if field.pick is Pick.FIRST else held

    @property
    def fields(self) -> list[tuple[Field, tuple[str, ...]]]:
        """The fields that hold whatever is in a row, with the columns that may fill them."""
        return [(each.field, each.columns) for each in self._plainest.fields]

    @property
    def constant(self) -> Mapping[str, Said]:
        """What such a row says whatever its cells are. Of a fact of the row, or one that is not
        known here, the braces are left."""
        known = {name: text for name, text in self._facts.items() if text}
        said = {**self._vocabulary.always, **self._plainest.rule.says}
        return {path: _with_known(each, known) for path, each in said.items()}

    @property
    def _plainest(self) -> _Way:
        return next(way for way in self._ways if not way.rule.needs)

    def object_of(self, row: Row) -> Json:
        """The row as an object of JSON."""
        facts = self._facts_with(row)
        for way in self._ways:
            told = way.told(row.cells)
            spoken = self._spoken(way, told, facts)
            if all(told.get(path) or spoken.get(path) for path in way.rule.needs):
                break
        else:
            raise AssertionError("the last rule takes every row")
        target: Json = {}
        for path, text in spoken.items():
            self._put(target, path, [text] if isinstance(text, str) else text)
        for path, held in told.items():
            self._put(target, path, held)
        self._put_rest(target, row, way.for_sure(told))
        return target

    def _spoken(self, way: _Way, told: Values, facts: Mapping[str, str]) -> Mapping[str, Said]:
        said = {**self._vocabulary.always, **way.rule.says}
        spoken = {path: _spoken(each, facts) for path, each in said.items() if path not in told}
        return {path: text for path, text in spoken.items() if text}

    def _put(self, target: Json, path: str, values: Iterable[object]) -> None:
        put(target, path, list(values), nested=self._vocabulary.nested)

    def _put_rest(self, target: Json, row: Row, told: Mapping[str, str]) -> None:
        if self._vocabulary.evidence:
            self._put(target, self._vocabulary.evidence, [evidence_item(row)])
            return
        for name, cell in row.cells.items():
            if told.get(name) != cell:
                self._put(target, self._rest_path(name), [self._plain(name, cell)])

    def _rest_path(self, column: str) -> str:
        return self._vocabulary.rest.replace("{column}", column)

    def _plain(self, name: str, cell: str) -> Value:
        is_number = self._kinds.get(name) is ColumnKind.INTEGER and _INTEGER.fullmatch(cell)
        return int(cell) if is_number else cell

    def _facts_with(self, row: Row) -> Mapping[str, str]:
        severity = row.cells.get("severity", "")
        return {
            **self._facts,
            "id": row.id,
            "severity": severity if severity in _WORDS else self._entry.severity.word,
            "tlp": self._vocabulary.tlp.get(row.tlp.word, row.tlp.word),
            "tlp_word": row.tlp.word,
        }

    def cells_of(self, said: Json) -> Mapping[str, str] | None:
        """The cells, none empty, of the row that an object was made of; None if it is of none.

        An object tells of a row if that row, translated again, says the same in every field.
        """
        if self._vocabulary.evidence:
            item = get(said, self._vocabulary.evidence, nested=True)
            return cells_of_evidence(item)
        for way in self._ways:
            cells = self._cells(way, said)
            if self._is_of(way, cells, said):
                return cells
        return None

    def _cells(self, way: _Way, said: Json) -> Mapping[str, str]:
        rest = {name: self._get(said, self._rest_path(name)) for name in self._names(said)}
        cells = {name: str(held) for name, held in rest.items() if held is not None}
        for each in way.fields:
            held = self._get(said, each.field.path)
            if each.sure and each.sure not in cells and isinstance(held, str | int):
                cells[each.sure] = cell_of(each.field.kind, held)
        return cells

    def _names(self, said: Json) -> Iterator[str]:
        """The type's columns, and those of the rest that it does not have any more."""
        before = self._rest_path("")
        if self._vocabulary.nested:
            held = get(said, before.rstrip("."), nested=True)
            others = list(held) if isinstance(held, dict) else []
        else:
            ours = self._vocabulary.always.keys()
            keys = (key for key in said if key.startswith(before) and key not in ours)
            others = [key.removeprefix(before) for key in keys]
        yield from dict.fromkeys([*self._kinds, *others])

    def _get(self, said: Json, path: str) -> object:
        return get(said, path, nested=self._vocabulary.nested)

    def _is_of(self, way: _Way, cells: Mapping[str, str], said: Json) -> bool:
        told = way.told(cells)
        spoken = {**self._vocabulary.always, **way.rule.says}
        paths = (each.field.path for each in way.fields if each.field.path not in spoken)
        wanted = {path: next(iter(told.get(path, ())), None) for path in paths}
        if any(self._get(said, path) != value for path, value in wanted.items()):
            return False
        plain = {path: _first(text) for path, text in way.rule.says.items() if path not in told}
        return all(
            BRACES.search(text) or self._get(said, path) == text for path, text in plain.items()
        )


def _first(said: Said) -> str:
    return said if isinstance(said, str) else said[0]


def _spoken(said: Said, facts: Mapping[str, str]) -> Said:
    """A text with its facts, empty if one of them is; a list without such entries."""
    if isinstance(said, str):
        return _with_facts(said, facts)
    return tuple(text for text in (_with_facts(each, facts) for each in said) if text)


def _with_known(said: Said, known: Mapping[str, str]) -> Said:
    def put_in(text: str) -> str:
        return BRACES.sub(lambda found: known.get(found[1], found[0]), text)

    return put_in(said) if isinstance(said, str) else tuple(map(put_in, said))


def _with_facts(text: str, facts: Mapping[str, str]) -> str:
    if any(not facts[name] for name in BRACES.findall(text)):
        return ""
    return BRACES.sub(lambda found: facts[found[1]], text)


def _facts_of(entry: ReportType, reporter: Reporter) -> Mapping[str, str]:
    class_, _, type_ = entry.taxonomy.partition("/")
    return {
        "type": entry.id,
        "title": entry.title,
        "rsit_class": class_ or "other",
        "rsit_type": type_ or "undetermined",
        "service": _FAMILY.sub("", entry.id, count=1),
        "organisation": reporter.organisation,
        "contact": reporter.contact,
        "domain": reporter.domain,
        "node": reporter.node,
    }
