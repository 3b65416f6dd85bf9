"""What a reader of a look should know of its figures, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from tocsin.catalogue.entries import Location
from tocsin.cli.reasons import note_in_words
from tocsin.cli.shown import most_first, number, one_line, plural
from tocsin.engine.atlas.lookup import Atlas
from tocsin.engine.look.look import Look
from tocsin.engine.look.strangers import program_of

_UNREMARKABLE = ("header_lines", "no_atlas")
_MUCH_ALIKE = 0.85
_READ_BY = {
    "Cowrie's log": "--source cowrie reads them",
    "IntelMQ's events": "--source intelmq reads them",
}
_FORM = "docs/operators/tocsin-ndjson.md"


def remarks(seen: Look, atlas: Atlas | None) -> list[str]:
    """What a reader should know of the figures, one sentence each."""
    tally = seen.tally
    said = [_of_time(tally.too_old, "too old to be reported")]
    held = tally.early - tally.far_ahead
    said.append(_of_time(held, "ahead of the clock: held until their time when collected"))
    said.append(_of_time(tally.far_ahead, "more than a day ahead: rejected when collected"))
    for note, count in most_first(tally.notes):
        if note not in _UNREMARKABLE:
            said.append(f"{note_in_words(note)}: {number(count)}.")
    if tally.unknown_columns:
        names = one_line(", ".join(sorted(tally.unknown_columns)), 300)
        said.append(f"Columns that the type does not have, kept aside: {names}.")
    misfits = tally.set_aside.top(10)
    if misfits:
        words = ", ".join(f"{one_line(name)} {number(count)}" for name, count in misfits)
        said.append(f"Cells that do not fit their column, kept aside: {words}.")
    said += _of_types(seen)
    if tally.kept and atlas is None and (tally.asns or tally.countries):
        said.append("No atlas at hand: AS and country are the source's own words.")
    elif tally.kept and atlas is None and tally.addresses:
        said.append("No atlas at hand, so nothing is known of whose addresses these are.")
    elif tally.kept and atlas is not None:
        rest = " where the source itself does not say it" if _keeps(seen) else ""
        said.append(f"Located with the atlas {atlas.info.name}{rest}.")
    if not all(each.exact for each in (tally.addresses, tally.infections, tally.domains)):
        said.append("There are too many to remember all: the lists' counts are lower bounds.")
    return [sentence for sentence in said if sentence]


def _of_time(count: int, words: str) -> str:
    return f"{plural(count, 'row')} {words}." if count else ""


def _of_types(seen: Look) -> Iterator[str]:
    if seen.provisional:
        names = one_line(", ".join(seen.provisional), 300)
        yield f"The catalogue does not have {names}; read as provisional, with the file's columns."
    known = [each.id for each in seen.catalogue.report_types.values() if not each.provisional]
    for name in seen.provisional:
        for near in get_close_matches(name, known, 1, _MUCH_ALIKE):
            yield f"{near} was meant, not {one_line(name)}?"
    for alike in dict.fromkeys(each.type.alike for each in seen.files if each.type.alike):
        yield f"The columns are those of {' and '.join(alike)}; say which with --type."
    for keys in dict.fromkeys(each.keys for each in seen.files if each.keys):
        names = one_line(", ".join(keys), 200)
        yield f"JSON without report_type; its first object has the keys {names}."
        other = program_of(keys)
        if other:
            how = _READ_BY.get(other, f"give its fields the names that {_FORM} lists")
            yield f"They are those of {other}: {how}."
    for columns in dict.fromkeys(each.columns for each in seen.files if each.columns):
        names = one_line(", ".join(columns), 200)
        yield f"A report needs a column timestamp; here they are {names}."


def _keeps(seen: Look) -> bool:
    """Whether the source's own word on places stood before the atlas's."""
    sources = {each.source for each in seen.files if each.read}
    return any(seen.catalogue.sources[name].location is Location.KEEP for name in sources)
