"""Which names stand for a masked column, however a file wrote them.

A type that nobody has described keeps the columns of its files as they are: an older name
(`cc`), another spelling (`DST_IP`), a second column of the same name (`dst_ip_2`). What such a
name stands for is hidden with what it stands for; rather one cell too many than an address.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from tocsin.catalogue.entries import LOCATED, ReportType

_NUMBERED = re.compile(r"[^a-z0-9]+[0-9]+$")
_NO_LETTER = re.compile(r"[^a-z0-9]+")


class Masking:
    """Says of the names in one type's rows whether they are hidden.

    `masked`: names of columns to hide. `aliases`: older name -> name, of the whole catalogue.
    """

    def __init__(
        self, masked: Collection[str], report_type: ReportType, aliases: Mapping[str, str]
    ) -> None:
        self._subject = report_type.subject.column
        self._stands_for = _by_meaning([*report_type.column_aliases.items(), *aliases.items()])
        self._in_files: dict[str, list[str]] = defaultdict(list)
        for said, name in report_type.column_aliases.items():
            self._in_files[name].append(said)
        meant = {*masked, *(new for name in masked for new in self._newer(name))}
        self._hidden = {_letters(name) for name in (*meant, *self._beside(meant))}
        self._known: dict[str, bool] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is hidden."""
        return not self._hidden

    def hides_column(self, name: str) -> bool:
        """Whether a column of the type is hidden; its subject never is.

        Without the subject nobody could act on the row.
        """
        if name == self._subject:
            return False
        return any(self.hides(said) for said in (name, *self._in_files[name]))

    def hides(self, name: str) -> bool:
        """Whether a cell without a column is hidden, by the name that its file gave it."""
        if name == self._subject:
            return False
        if name not in self._known:
            names = (name, *self._newer(name))
            self._known[name] = any(
                meaning in self._hidden for each in names for meaning in _meanings(each)
            )
        return self._known[name]

    def _newer(self, name: str) -> set[str]:
        return {new for meaning in _meanings(name) for new in self._stands_for.get(meaning, ())}

    def _beside(self, masked: Iterable[str]) -> Iterable[str]:
        """What tells where a masked address lies: its network and city nearly name it.

        What belongs to the subject stays.
        """
        for name in masked:
            is_subjects = self._subject in (name, *self._newer(name))
            if not is_subjects and (name == "ip" or name.endswith("_ip")):
                yield from (name.removesuffix("ip") + place for place in (*LOCATED, "hostname"))


def _by_meaning(aliases: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
    names: dict[str, set[str]] = defaultdict(set)
    for old, new in aliases:
        names[_letters(old)].add(new)
    return names


def _meanings(name: str) -> set[str]:
    """The name in plain letters, as it is and without a number behind it."""
    folded = _folded(name)
    bare = _NUMBERED.sub("", folded)
    return {_letters(folded), _letters(bare), _letters(bare).rstrip("0123456789")} - {""}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _letters(name: str) -> str:
    return _NO_LETTER.sub("", _folded(name))
