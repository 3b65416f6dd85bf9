"""Reading back what was written in another vocabulary: the row of a report out of an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.interop_entries import OtherVocabulary
from tocsin.engine.interop.paths import Json, get
from tocsin.engine.interop.translate import Translator

_TYPE = "{type}"
_ID = "{id}"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What an object says: id and type, and the row's cells by column, none empty."""

    id: str
    entry: ReportType
    cells: Mapping[str, str]

    @property
    def subject(self) -> str:
        """The cell that the row is about; empty if it has none."""
        return self.cells.get(self.entry.subject.column, "")

    @property
    def port(self) -> str:
        """The subject's port; empty if the row has none."""
        return self.cells.get(self.entry.subject_port, "")


def read_back(vocabulary: OtherVocabulary, catalogue: Catalogue, said: Json) -> ReadBack | None:
    """The row that an object was made of; None if it was not made of one, or changed since."""
    for name in _told(vocabulary, said, _TYPE):
        entry = catalogue.report_types.get(name)
        cells = Translator(vocabulary, entry).cells_of(said) if entry else None
        if entry is not None and cells is not None:
            return ReadBack(next(_told(vocabulary, said, _ID), ""), entry, cells)
    return None


def _told(vocabulary: OtherVocabulary, said: Json, fact: str) -> Iterator[str]:
    """What an object says wherever it has to say a fact, with nothing else but a prefix."""
    for path, text in vocabulary.always.items():
        held = get(said, path.removesuffix("[]"), nested=vocabulary.nested)
        for each in (text,) if isinstance(text, str) else text:
            before, found, after = each.partition(fact)
            for entry in held if isinstance(held, list) else [held]:
                if found and not after and isinstance(entry, str) and entry.startswith(before):
                    yield entry.removeprefix(before)
