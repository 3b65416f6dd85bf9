"""Reading a question as clients put it; nothing is looked up here.

{"query": {"asn": 64496, "type": ["|sinkhole", "|honeypot"], "infection": "example*"},
 "sort": "ascending", "limit": 100, "page": 2}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.nearest import nearest
from tocsin.engine.search.conditions import Condition, is_integer, network_of, time_span
from tocsin.engine.search.fields import (
    AS_NAMES,
    NOT_COUNTED,
    REQUIRE,
    TEXT,
    TYPE,
    Fields,
    class_of,
    fields_of,
    is_type,
)
from tocsin.engine.search.values import Mark, Order
from tocsin.model.address import parse_network
from tocsin.model.columns import ColumnKind
from tocsin.service.api.query.refusal import QueryRefused

MOST = 10_000
"""So many rows of a question are given out at most, on all its pages together."""

LIMIT = 1_000
"""Rows of a page, if nothing is said."""

MOST_FIELDS, MOST_VALUES, LONGEST = 32, 256, 512

_FIELDS = "a field is a column of a report type, or one of ip, port, asn, geo, domain, tag, text"

_NOT_KNOWN = frozenset(
    side + name
    for side in ("", "dst_")
    for name in (
        "county_fips", "county_name", "isp_name", "latitude", "longitude", "registrar", "sid",
    )
)  # fmt: skip
"""What the original may be asked for, and nothing here tells."""

Said = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. reports: names of lists; none means all. facet: the field whose values are
    counted, "" for rows. after: the last row that was given out before; then there are no pages.
    """

    conditions: tuple[Condition, ...] = ()
    order: Order = Order.DESCENDING
    limit: int = LIMIT
    page: int = 1
    reports: tuple[str, ...] = ()
    facet: str = ""
    after: Mark | None = None
    help: bool = False


def read_question(said: Said, catalogue: Catalogue) -> Question:
    """What is asked; QueryRefused says what is wrong, and what would do."""
    fields = fields_of(catalogue)
    return Question(
        conditions=_conditions(said.get("query"), fields, catalogue),
        order=_order(said.get("sort")),
        limit=min(_number(said, "limit", LIMIT), MOST),
        page=_number(said, "page", 1),
        reports=_texts(said.get("report"), "report"),
        facet=_facet(said.get("facet"), fields),
        after=_mark(said.get("after")),
        help=said.get("help") is True or said.get("help") == "true",
    )


def _conditions(said: object, fields: Fields, catalogue: Catalogue) -> tuple[Condition, ...]:
    if said is None or said == "":
        return ()
    if not isinstance(said, dict):
        raise QueryRefused("query is no object", todo='write {"asn": 64496}, say')
    if len(said) > MOST_FIELDS:
        raise QueryRefused(f"query has more than {MOST_FIELDS} fields")
    return tuple(_condition(str(name), value, fields, catalogue) for name, value in said.items())


def _condition(name: str, said: object, fields: Fields, catalogue: Catalogue) -> Condition:
    field = name.strip().lower()
    kind = fields.kinds.get(field)
    if kind is None and field in _NOT_KNOWN:
        raise QueryRefused(
            f"{field} is in no report here", todo="leave it out: ask for asn, asn_name, city, say"
        )
    if kind is None:
        raise QueryRefused(
            f"there is no field {name[:100]!r}",
            todo=nearest(field[:100], fields.names, listed=_FIELDS),
        )
    plain: list[str] = []
    others: list[str] = []
    for text in _texts(said, field):
        value = _value(field, text.removeprefix("|").strip(), fields, catalogue)
        (others if text.startswith("|") else plain).append(value)
    if isinstance(said, list | tuple) and (kind is ColumnKind.LIST or field in (TEXT, REQUIRE)):
        return Condition(field, any_of=tuple(others), every_of=tuple(plain))
    # A cell of one value is never two of them: to ask for several is to ask for any.
    return Condition(field, any_of=(*plain, *others))


def _value(field: str, said: str, fields: Fields, catalogue: Catalogue) -> str:
    """A value as it is compared."""
    kind = fields.kinds[field]
    if not said.rstrip("*"):
        raise QueryRefused(f"{field} has an empty value", todo="leave the field out")
    if len(said) > LONGEST:
        raise QueryRefused(f"a value of {field} is longer than {LONGEST} characters")
    if field == TYPE:
        return _type(said, catalogue)
    if field == REQUIRE:
        return _required(said, fields)
    if kind is ColumnKind.INTEGER:
        number = said[2:] if field.endswith("asn") and said[:2].upper() == "AS" else said
        if not is_integer(number):
            raise QueryRefused(f"{field} is a number, and {said[:100]!r} is none")
        return number
    if kind is ColumnKind.ADDRESS:
        return _address(field, said)
    if kind is ColumnKind.TIME and time_span(said) is None:
        raise QueryRefused(
            f"{field} is a time, and {said[:100]!r} is none", todo="write 2026-11-22 04, say"
        )
    return said


def _required(said: str, fields: Fields) -> str:
    name = said.lower()
    if name not in fields.kinds or name in (TEXT, REQUIRE, *AS_NAMES):
        raise QueryRefused(
            f"there is no field {said[:100]!r} that could be filled",
            todo=nearest(name[:100], fields.names, listed=_FIELDS),
        )
    return name


def _address(field: str, said: str) -> str:
    if said.endswith("*") or network_of(said) is not None:
        return said
    try:
        return str(parse_network(said))
    except ValueError as error:
        raise QueryRefused(f"{field}: {str(error)[:200]}") from None


def _type(said: str, catalogue: Catalogue) -> str:
    if any(is_type(said, each) for each in catalogue.report_types.values()):
        return said
    types = catalogue.report_types
    known = [*types, *{class_of(each) for each in types}, *catalogue.areas]
    raise QueryRefused(
        f"there is no report type {said[:100]!r}",
        todo=nearest(said[:100], known, listed="the list of report types names all"),
    )


def _texts(said: object, name: str) -> tuple[str, ...]:
    """One value or a list of them, as texts."""
    values: Sequence[object] = said if isinstance(said, list | tuple) else [said]
    if said is None or said == "":
        values = []
    if len(values) > MOST_VALUES:
        raise QueryRefused(f"{name} has more than {MOST_VALUES} values")
    return tuple(_text(each, name) for each in values)


def _text(said: object, name: str) -> str:
    if isinstance(said, str):
        # What cannot be written as UTF-8 is in no cell.
        return said.strip().encode("utf-8", "replace").decode()
    if isinstance(said, int) and not isinstance(said, bool):
        if abs(said) >= 1 << 64:
            raise QueryRefused(f"a number in {name} is too large")
        return str(said)
    raise QueryRefused(f"{name} takes texts, numbers, and lists of them")


def _order(said: object) -> Order:
    if said is None or said == "":
        return Order.DESCENDING
    for order in Order:
        if said == order.value:
            return order
    raise QueryRefused("sort is ascending or descending")


def _number(said: Said, name: str, otherwise: int) -> int:
    """A number from 1 on, which clients send as text as well."""
    value = said.get(name)
    if value is None or value == "":
        return otherwise
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(1 << 62)) or int(text) < 1:
        raise QueryRefused(f"{name} is a number from 1 on")
    return int(text)


def _facet(said: object, fields: Fields) -> str:
    if said is None or said == "":
        return ""
    name = _text(said, "facet").lower()
    if name not in fields.kinds or name in NOT_COUNTED:
        raise QueryRefused(
            f"there is no field {name[:100]!r} whose values could be counted",
            todo=nearest(name[:100], fields.names, listed=_FIELDS),
        )
    return name


def _mark(said: object) -> Mark | None:
    if said is None or said == "":
        return None
    try:
        return Mark.from_text(said if isinstance(said, str) else "")
    except ValueError:
        raise QueryRefused(
            "after is no place to go on from", todo="begin anew without it"
        ) from None
