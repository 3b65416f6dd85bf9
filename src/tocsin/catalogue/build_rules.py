"""From the files of rules to rules that fit the sources, report types and columns there are.

What Sigma itself makes of a rule's detection is seen when it is compiled (`engine/classify`):
reading Sigma takes longer than all other reading together, and most commands need no rules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from tocsin.catalogue.entries import OBSERVED, Observation, ReportType, Source, SubjectRole
from tocsin.catalogue.kept import Kept
from tocsin.catalogue.nearest import in_type, nearest
from tocsin.catalogue.raw import RawEmits, RawRule
from tocsin.catalogue.reading import READ_BY_DECLARATION
from tocsin.catalogue.rules import USUAL_PRIORITY, Corroboration, Event, Evidence, Rule
from tocsin.catalogue.sections import Section
from tocsin.catalogue.yaml_lines import Path, Plain
from tocsin.model.address import parse_network
from tocsin.model.errors import Problem

SAYS: Final = ("infection", "family", "tag", "severity", "confidence")
"""What a rule may say for events that do not."""

_TYPED: Final = ("infection", "family", "tag", "severity")
"""Those for which a record needs a column; how sure a verdict is may stand beside the columns."""

SENSOR: Final = "sensor"
"""What an event says beside its columns, and rules may ask for."""

_OF_TEXTS: Final = ("contains", "startswith", "endswith", "cased")
MODIFIERS: Final = (*_OF_TEXTS, "all", "exists", "re", "i", "cidr")
COMPARISONS: Final = ("lt", "lte", "gt", "gte")

_ASKS_RULES: Final = ("tocsin-ndjson", "cowrie", *READ_BY_DECLARATION)

_NOT_BY_ONE_WAY: Final = frozenset({"drones", "compromised_hosts"})
"""Areas in which an owner is told of a machine that is not his own any more."""
_BRUTE_FORCE: Final = "brute_force"

_LIMITS: Final = ("daily_cap", "corroboration")

Told = tuple[Path, str, str]
"""Where in the file, what, what to do."""


@dataclass(frozen=True, slots=True)
class Known:
    """What rules may name."""

    sources: Mapping[str, Source]
    report_types: Mapping[str, ReportType]
    columns: Collection[str]
    observations: Mapping[str, Observation]


_RULES: Kept[Rule] = Kept(1024)


def build_rule(section: Section, known: Known) -> tuple[Rule | None, list[Problem]]:
    """The rule of a file, None where it has mistakes; those of form are told by the section."""
    if not section.readable or section.broken or section.problems:
        return None, []
    raw = cast(RawRule, section.document.data)
    said = raw["tocsin"]
    problems: list[Problem] = []
    named: tuple[object, ...] = (
        known.sources.get(raw["logsource"]["service"]),
        known.observations.get(said.get("observation", "")),
        *(known.report_types.get(each) for each in said.get("report_types", ())),
    )
    made_of = (section, known.columns, *named)
    return _RULES.of(made_of, lambda: _built(raw, section, known, problems)), problems


def _built(raw: RawRule, section: Section, known: Known, problems: list[Problem]) -> Rule | None:
    """None where there are mistakes, which are added to `problems`."""
    columns = {*known.columns, *_own_columns(raw["logsource"]["service"], known.sources)}
    mistakes = [
        *_source_mistakes(raw, known.sources),
        *_outcome_mistakes(raw, known.observations),
        *_type_mistakes(raw, known.report_types),
        *_detection_mistakes(raw, columns),
        *_named_mistakes(raw, columns),
        *_example_mistakes(raw, columns),
    ]
    problems += [section.document.problem(*mistake) for mistake in mistakes]
    return None if problems else _rule(raw, section)


def _own_columns(name: str, sources: Mapping[str, Source]) -> Iterator[str]:
    """The names that a source gives to what its events say; they need not be columns of reports."""
    reading = sources[name].reading if name in sources else None
    if reading is not None:
        yield from (column.column for column in reading.columns)


def with_rules(sources: Mapping[str, Source], rules: Iterable[Rule]) -> dict[str, Source]:
    """The sources, those marked for which there are rules."""
    services = {rule.service for rule in rules}
    ruled = {name for name in sources if services.intersection(_lineage(name, sources))}
    return {
        name: dataclasses.replace(source, ruled=name in ruled) for name, source in sources.items()
    }


def _lineage(name: str, sources: Mapping[str, Source]) -> Iterator[str]:
    while name in sources:
        yield name
        name = sources[name].extends


def _source_mistakes(raw: RawRule, sources: Mapping[str, Source]) -> Iterator[Told]:
    name = raw["logsource"]["service"]
    if name not in sources:
        todo = nearest(name, sources, most=3)
        yield ("logsource", "service"), f"there is no source {name!r}", todo
    elif (reading := sources[name].reading) is not None and reading.report_types:
        todo = "leave its reading: report_types out, and let the rules decide"
        yield ("logsource", "service"), f"the rows of {name!r} have a report type already", todo
    elif sources[name].format not in _ASKS_RULES:
        todo = f"rules are for sources of the format {', '.join(_ASKS_RULES)}"
        yield ("logsource", "service"), f"the files of {name!r} tell their report types", todo


def _type_mistakes(raw: RawRule, report_types: Mapping[str, ReportType]) -> Iterator[Told]:
    said = raw["tocsin"]
    wanted = [*(key for key in _TYPED if key in said), *said.get("columns", {})]
    for number, name in enumerate(said.get("report_types", ())):
        place: Path = ("tocsin", "report_types", number)
        found = report_types.get(name)
        if found is None:
            yield place, f"there is no report type {name!r}", nearest(name, report_types)
            continue
        if said["evidence"] == Evidence.ONE_WAY and accuses(found):
            what = f"one-way evidence cannot make a record of {name!r}"
            yield place, what, "an address that may be forged proves nothing against its owner"
        if said["evidence"] == Evidence.ONE_WAY and found.column("tag") is None:
            what = f"{name!r} has no column tag, which says that an address may be forged"
            yield place, what, "let evidence of another kind make its records"
        for column in wanted:
            if found.column(column) is None:
                where = ("tocsin", column) if column in SAYS else ("tocsin", "columns", column)
                todo = in_type(column, name, found.column_names)
                yield where, f"the report type {name!r} has no column {column!r}", todo


def accuses(report_type: ReportType) -> bool:
    """Whether a record says of its subject what only more than one packet can prove."""
    if report_type.subject.role is SubjectRole.RESOLVER:
        # It passed a question on; nobody says that it is infected itself.
        return False
    return report_type.area in _NOT_BY_ONE_WAY or _BRUTE_FORCE in report_type.id


def _outcome_mistakes(raw: RawRule, observations: Mapping[str, Observation]) -> Iterator[Told]:
    """What is wrong with the kind of observation that the rule makes."""
    said = raw["tocsin"]
    kind = said.get("observation")
    if kind is None:
        if "report_types" not in said:
            todo = "say report_types, or observation, or both"
            yield ("tocsin",), "nothing becomes of what the rule takes", todo
        return
    if "report_types" not in said:
        for limit in _LIMITS:
            if limit in said:
                what = f"{limit} limits records, of which the rule makes none"
                yield ("tocsin", limit), what, "leave it out; a correlation has thresholds"
    found = observations.get(kind)
    if found is None:
        todo = f"describe it in observations.yaml; {nearest(kind, observations, most=3)}"
        yield ("tocsin", "observation"), f"there is no observation {kind!r}", todo
    elif "report_types" not in said:
        for column in said.get("columns", {}):
            if column not in (*OBSERVED, *found.columns):
                what = f"the observation {kind!r} keeps no column {column!r}"
                todo = nearest(column, (*OBSERVED, *found.columns))
                yield ("tocsin", "columns", column), what, todo


def _named_mistakes(raw: RawRule, columns: Collection[str]) -> Iterator[Told]:
    """Columns of events that there are not; what is removed may be nobody's column."""
    said = raw["tocsin"]
    for number, name in enumerate(said.get("mask", ())):
        if name not in columns:
            place: Path = ("tocsin", "mask", number)
            yield place, f"there is no column {name!r}", nearest(name, columns)
    for target, origin in said.get("columns", {}).items():
        if origin not in columns:
            place = ("tocsin", "columns", target)
            yield place, f"there is no column {origin!r}", nearest(origin, columns)


def _detection_mistakes(raw: RawRule, columns: Collection[str]) -> Iterator[Told]:
    for name, selection in raw["detection"].items():
        if name == "condition":
            continue
        listed = isinstance(selection, list)
        parts = selection if isinstance(selection, list) else [selection]
        for number, part in enumerate(parts):
            within = ("detection", name, *((number,) if listed else ()))
            for key, value in cast(Mapping[str, Plain], part).items():
                yield from _field_mistakes((*within, key), key, value, columns)


def _field_mistakes(
    place: Path, key: str, value: Plain, columns: Collection[str]
) -> Iterator[Told]:
    column, *modifiers = key.split("|")
    if not column:
        yield place, "search words without a column are not taken", "say which column says it"
    elif column != SENSOR and column not in columns:
        yield place, f"there is no column {column!r}", nearest(column, [*columns, SENSOR])
    for modifier in modifiers:
        if modifier not in (*MODIFIERS, *COMPARISONS):
            todo = f"there are {', '.join((*MODIFIERS, *COMPARISONS))}"
            yield place, f"the modifier {modifier!r} is not taken", todo
    values = value if isinstance(value, list) else [value]
    yield from ((place, what, todo) for what, todo in _value_mistakes(column, modifiers, values))


def _value_mistakes(
    column: str, modifiers: Sequence[str], values: Sequence[Plain]
) -> Iterator[tuple[str, str]]:
    """What of the values does not go with the modifiers."""
    named = set(modifiers)
    alone = [name for name in ("re", "cidr", "exists", *COMPARISONS) if name in named]
    if alone and named - {alone[0], "all", *(["i"] if alone[0] == "re" else [])}:
        yield f"{'|'.join(modifiers)} does not go together", f"leave all but {alone[0]} out"
    elif "i" in named and "re" not in named:
        yield "the modifier 'i' is one of regular expressions", "write |re|i, or leave it out"
    elif named & set(COMPARISONS):
        if not all(type(each) is int for each in values):
            yield f"{column} is compared with what is no whole number", "leave out quotes"
    elif "exists" in named:
        if len(values) != 1 or not isinstance(values[0], bool):
            yield f"whether {column} exists is true or false", "write true or false without quotes"
    elif named & {*_OF_TEXTS, "re", "cidr"} and not all(isinstance(each, str) for each in values):
        yield f"{'|'.join([column, *modifiers])} is for texts", "put what is wanted in quotes"
    elif "cidr" in named:
        yield from (told for each in values for told in _network_mistake(str(each)))


def _network_mistake(text: str) -> Iterator[tuple[str, str]]:
    try:
        parse_network(text)
    except ValueError as error:
        why = str(error).removeprefix(f"{text!r} ")
        yield f"{text!r} is no network: it {why}", "write it as 192.0.2.0/24 or 2001:db8::/32"


def _example_mistakes(raw: RawRule, columns: Collection[str]) -> Iterator[Told]:
    for kind, events in raw["tocsin"]["examples"].items():
        for number, event in enumerate(cast(list[dict[str, Plain]], events)):
            for key in event:
                if key != SENSOR and key not in columns:
                    place: Path = ("tocsin", "examples", kind, number, key)
                    yield place, f"there is no column {key!r}", nearest(key, columns)


def _rule(raw: RawRule, section: Section) -> Rule:
    said = raw["tocsin"]
    says = cast(Mapping[str, str], said)
    return Rule(
        id=raw["id"],
        title=raw["title"],
        service=raw["logsource"]["service"],
        report_types=tuple(said.get("report_types", ())),
        observation=said.get("observation", ""),
        evidence=Evidence(said["evidence"]),
        priority=said.get("priority", USUAL_PRIORITY),
        says={key: says[key] for key in SAYS if key in says},
        columns=said.get("columns", {}),
        masks=tuple(said.get("mask", ())),
        removes=tuple(said.get("remove", ())),
        daily_cap=said.get("daily_cap", 0),
        corroboration=_corroboration(said),
        detection=raw["detection"],
        hits=_events(said["examples"]["hits"]),
        misses=_events(said["examples"]["misses"]),
        document=section.document,
    )


def _corroboration(said: RawEmits) -> Corroboration | None:
    raw = said.get("corroboration")
    return raw and Corroboration(raw["least"], raw["of"], tuple(raw.get("among", ())))


def _events(raw: list[dict[str, str | int]]) -> tuple[Event, ...]:
    return tuple({key: str(cell) for key, cell in event.items()} for event in raw)
