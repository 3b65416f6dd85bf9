"""The suppressions of a lists file: rows that some lists shall not get."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set
from typing import Final

from tocsin.engine.nightly.lists_form.fields import Fields, Mistakes, shown
from tocsin.engine.nightly.lists_form.places import Path
from tocsin.engine.nightly.lists_form.types import TypeNames
from tocsin.engine.nightly.subscribers import Suppression, SuppressionKind
from tocsin.model.address import Network, parse_network

_REQUIRED: Final = ("id", "lists", "address", "kind")
_OPTIONAL: Final = ("report_type", "rule", "port", "until", "before", "reason")
_MOMENTS: Final = {SuppressionKind.FALSE_POSITIVE: "until", SuppressionKind.FIXED: "before"}


class SuppressionForm:
    """Reads suppressions one by one into `suppressions`, by id."""

    def __init__(self, list_ids: Set[int], types: TypeNames, mistakes: Mistakes) -> None:
        self.suppressions: dict[str, Suppression] = {}
        self._list_ids = list_ids
        self._types = types
        self._mistakes = mistakes

    def read(self, said: object, path: Path) -> None:
        """Read one suppression."""
        fields = Fields(said, path, self._mistakes, required=_REQUIRED, optional=_OPTIONAL)
        identity = fields.text("id")
        if identity in self.suppressions:
            fields.wrong("id", f"a second suppression with the id {shown(identity)}")
        kind = fields.word("kind", SuppressionKind)
        lists, report_type = self._named_lists(fields), self._report_type(fields)
        subject, moment = _subject(fields), _moment(fields, kind)
        rule = fields.text("rule") or None
        port = fields.whole_number("port", 0, 65535)
        reason = fields.text("reason", may_be_empty=True)
        if kind is None or subject is None or moment is None:
            return
        self.suppressions[identity] = Suppression(
            identity, kind, lists, subject, moment, report_type, rule, port, reason
        )

    def _report_type(self, fields: Fields) -> str | None:
        if "report_type" not in fields:
            return None
        return self._types.read(fields.raw("report_type"), fields.at("report_type"))

    def _named_lists(self, fields: Fields) -> frozenset[int]:
        named: set[int] = set()
        for number, said in enumerate(fields.array("lists")):
            if isinstance(said, int) and not isinstance(said, bool) and said in self._list_ids:
                named.add(said)
            else:
                place = (*fields.at("lists"), number)
                self._mistakes.add(place, f"there is no list with the id {shown(said)}")
        return frozenset(named)


def _subject(fields: Fields) -> Network | None:
    text = fields.text("address")
    try:
        return parse_network(text) if text else None
    except ValueError as error:
        fields.wrong("address", str(error))
        return None


def _moment(fields: Fields, kind: SuppressionKind | None) -> dt.datetime | None:
    """`until` of a false positive, `before` of a repair; the other one has no meaning."""
    if kind is None:
        return None
    for other, key in _MOMENTS.items():
        if other is not kind and key in fields:
            fields.wrong(key, f"{key!r} has no meaning for the kind {kind}")
    key = _MOMENTS[kind]
    if key not in fields:
        fields.wrong("kind", f"the kind {kind} needs the key {key!r}")
    return fields.moment(key)
