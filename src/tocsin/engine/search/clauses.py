"""Pieces of SQL with their parameters: the text is ours, what others said is a parameter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tocsin.engine.search.database import Parameter
from tocsin.model.address import MASK_64, V4_BITS, V4_OFFSET, Network

HALF: Final = "CAST(? AS UBIGINT)"
"""Half an address. As DuckDB would take the number itself, row groups could not be left out."""

_IS_V4 = "(_subject_hi = 0 AND _subject_lo >> 32 = 65535 AND coalesce(_subject_len, 128) >= 96)"
_FEW = 16
"""So many values are listed; more are looked up in a table of them."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition, which may stand beside others as it is."""

    text: str
    parameters: tuple[Parameter, ...] = ()


NEVER: Final = Clause("FALSE")
ALWAYS: Final = Clause("TRUE")


def quoted(name: str) -> str:
    """A column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def all_of(clauses: Iterable[Clause]) -> Clause:
    """That all of them hold."""
    return _joined(clauses, " AND ", ALWAYS, NEVER)


def any_of(clauses: Iterable[Clause]) -> Clause:
    """That one of them holds."""
    return _joined(clauses, " OR ", NEVER, ALWAYS)


def _joined(clauses: Iterable[Clause], word: str, empty: Clause, decides: Clause) -> Clause:
    telling = [each for each in clauses if each != empty]
    if decides in telling:
        return decides
    if len(telling) <= 1:
        return telling[0] if telling else empty
    text = word.join(each.text for each in telling)
    return Clause(f"({text})", tuple(said for each in telling for said in each.parameters))


def one_of_numbers(column: str, numbers: list[int]) -> Clause:
    """That a column of integers holds one of these."""
    if not numbers:
        return NEVER
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return Clause(f"{quoted(column)} BETWEEN ? AND ?", (numbers[0], numbers[-1]))
    if len(numbers) <= _FEW:
        marks = ", ".join("?" for _ in numbers)
        return Clause(f"{quoted(column)} IN ({marks})", tuple(numbers))
    listed = f"{quoted(column)} IN (SELECT unnest(CAST(? AS INTEGER[])))"
    # The span beside it is what lets row groups be left out.
    return Clause(
        f"({quoted(column)} BETWEEN ? AND ? AND {listed})", (numbers[0], numbers[-1], numbers)
    )


def subject_within(network: Network, *, prefixes: bool) -> Clause:
    """That the subject shares an address with a network of the same family.

    prefixes: whether subjects may be prefixes, which may lie around it.
    """
    first, last = network.first, network.last
    if first >> 64 == last >> 64:
        inside = Clause(
            f"(_subject_hi = {HALF} AND _subject_lo BETWEEN {HALF} AND {HALF})",
            (first >> 64, first & MASK_64, last & MASK_64),
        )
    else:
        inside = Clause(f"_subject_hi BETWEEN {HALF} AND {HALF}", (first >> 64, last >> 64))
    if not network.is_v4 and first <= V4_OFFSET <= last:
        # As numbers it lies around mapped IPv4, but it does not mean it.
        inside = Clause(f"({inside.text} AND NOT {_IS_V4})", inside.parameters)
    return any_of([inside, *(_around(network) if prefixes else ())])


def under_domain(domain: str) -> Clause:
    """That the row tells a name that is the domain, or lies under it."""
    joined = "contains('.' || array_to_string(_domains, ';.') || ';', ?)"
    return Clause(joined, (f".{domain};",))


def _around(network: Network) -> Iterable[Clause]:
    """That the subject is one of the prefixes around a network."""
    for length in range(V4_BITS if network.is_v4 else 0, network.length):
        first = network.first >> (128 - length) << (128 - length)
        yield Clause(
            f"(_subject_len = ? AND _subject_hi = {HALF} AND _subject_lo = {HALF})",
            (length, first >> 64, first & MASK_64),
        )
