"""The terms a record carries: who may have it, what is hidden, whose name stands on it.

Terms form a meet-semilattice: `strictest` is associative, commutative and idempotent, and
never gives more than either side gave.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import reduce


class Tlp(IntEnum):
    """Traffic Light Protocol 2.0 (FIRST); greater is stricter."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4

    @property
    def word(self) -> str:
        """As FIRST writes it, without the `TLP:` in front."""
        return self.name.lower().replace("_", "+")

    @classmethod
    def from_word(cls, word: str) -> Tlp:
        """Read `clear`, `green`, `amber`, `amber+strict` or `red`, with or without `TLP:`."""
        bare = word.strip().upper().removeprefix("TLP:").replace("+", "_")
        try:
            return cls[bare]
        except KeyError:
            known = ", ".join(member.word for member in cls)
            raise ValueError(f"TLP {word!r} is none of {known}") from None


class Credit(StrEnum):
    """How the giver of the data is shown; ordered by `_CREDIT_ORDER`, hidden the strictest."""

    NAME = "name"
    LABEL = "label"
    HIDDEN = "hidden"


_CREDIT_ORDER = (Credit.NAME, Credit.LABEL, Credit.HIDDEN)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a source allows.

    owners: the lists of network owners may have it. national_certs: the lists of national CERTs
    may. lists: ids of lists that may, whatever they are. Nothing allowed means nobody gets it.
    statistics: it may be counted in published figures. credit_text: the name or label to show;
    empty with `Credit.NAME` means "as the source wrote it". masked: columns emptied in
    everything that people see.
    """

    tlp: Tlp = Tlp.AMBER
    owners: bool = True
    national_certs: bool = True
    lists: frozenset[int] = frozenset()
    statistics: bool = True
    credit: Credit = Credit.NAME
    credit_text: str = ""
    masked: frozenset[str] = frozenset()

    def allows(self, list_id: int, *, national_cert: bool) -> bool:
        """Whether a list of that kind may have the record.

        The colour holds whatever else is said: red is for lists that are named, amber+strict
        for those and owners.
        """
        if list_id in self.lists:
            return True
        return self._to_national_certs if national_cert else self._to_owners

    @property
    def allows_anybody(self) -> bool:
        """Whether there may be a list at all that may have the record."""
        return self._to_owners or self._to_national_certs or bool(self.lists)

    @property
    def allows_counting(self) -> bool:
        """Whether it may be counted in published figures: what is stricter than amber never is."""
        return self.statistics and self.tlp <= Tlp.AMBER

    @property
    def _to_owners(self) -> bool:
        return self.owners and self.tlp < Tlp.RED

    @property
    def _to_national_certs(self) -> bool:
        return self.national_certs and self.tlp < Tlp.AMBER_STRICT

    @property
    def release(self) -> tuple[bool, bool, tuple[int, ...], int]:
        """Everything that decides who may have a record, as a value to compare."""
        strict = self.tlp if self.tlp >= Tlp.AMBER_STRICT else Tlp.AMBER
        return self.owners, self.national_certs, tuple(sorted(self.lists)), int(strict)

    def to_text(self) -> str:
        """A canonical text: equal terms, equal bytes."""
        return json.dumps(
            {
                "tlp": self.tlp.word,
                "owners": self.owners,
                "national_certs": self.national_certs,
                "lists": sorted(self.lists),
                "statistics": self.statistics,
                "credit": self.credit.value,
                "credit_text": self.credit_text,
                "masked": sorted(self.masked),
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )

    @classmethod
    def from_text(cls, text: str) -> Terms:
        """Read what `to_text` wrote."""
        said = json.loads(text)
        return cls(
            tlp=Tlp.from_word(said["tlp"]),
            owners=said["owners"],
            national_certs=said["national_certs"],
            lists=frozenset(said["lists"]),
            statistics=said["statistics"],
            credit=Credit(said["credit"]),
            credit_text=said["credit_text"],
            masked=frozenset(said["masked"]),
        )


def strictest(terms: Iterable[Terms]) -> Terms:
    """The terms that break none of the given ones; ValueError for none at all."""
    given = list(terms)
    if not given:
        raise ValueError("no terms to take the strictest of")
    return reduce(_meet, given)


def _meet(one: Terms, other: Terms) -> Terms:
    credit = max(one.credit, other.credit, key=_CREDIT_ORDER.index)
    return Terms(
        tlp=max(one.tlp, other.tlp),
        owners=one.owners and other.owners,
        national_certs=one.national_certs and other.national_certs,
        lists=_lists_of_both(one, other),
        statistics=one.statistics and other.statistics,
        credit=credit,
        credit_text=_credit_text(one, other, credit),
        masked=one.masked | other.masked,
    )


def _lists_of_both(one: Terms, other: Terms) -> frozenset[int]:
    """A list named by one side stays only if the other side names it too.

    A side that is open to owners does not thereby name a list; whether the list is an owner's
    is not known here, so the strict answer is taken.
    """
    return one.lists & other.lists


def _credit_text(one: Terms, other: Terms, credit: Credit) -> str:
    """The texts of the sides that show this form of credit, sorted and joined."""
    if credit is Credit.HIDDEN:
        return ""
    texts = {
        part
        for side in (one, other)
        if side.credit is credit and side.credit_text
        for part in side.credit_text.split("; ")
    }
    return "; ".join(sorted(texts))
