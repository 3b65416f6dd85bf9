"""Names of report types in a lists file: ids or older names of the catalogue's."""

from __future__ import annotations

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.nightly.lists_form.fields import Fields, Mistakes, shown
from tocsin.engine.nightly.lists_form.places import Path


class TypeNames:
    """Knows which names are report types; without a catalogue, every name is taken for one."""

    def __init__(self, catalogue: Catalogue | None, mistakes: Mistakes) -> None:
        self._catalogue = catalogue
        self._mistakes = mistakes
        self._known: dict[str, bool] = {}

    def read(self, said: object, path: Path) -> str:
        """A name; a mistake is kept if there is no such type."""
        name = said if isinstance(said, str) else ""
        if not self._is_type(name):
            self._mistakes.add(
                path,
                f"there is no report type {shown(said)}",
                "tocsin catalogue list shows those there are",
            )
        return name

    def read_choice(self, fields: Fields) -> tuple[frozenset[str] | None, frozenset[str]]:
        """The types that are taken (None: all) and those that are not, from the key `types`."""
        if "types" not in fields:
            return None, frozenset()
        place = fields.at("types")
        choice = Fields(
            fields.raw("types"), place, self._mistakes, required=(), optional=("only", "except")
        )
        if ("only" in choice) is ("except" in choice):
            fields.wrong("types", "types says neither or both of 'only' and 'except'")
            return None, frozenset()
        key = "only" if "only" in choice else "except"
        names = frozenset(
            self.read(said, (*choice.at(key), number))
            for number, said in enumerate(choice.array(key))
        )
        return (names, frozenset()) if key == "only" else (None, names)

    def _is_type(self, name: str) -> bool:
        if not name or self._catalogue is None:
            return bool(name)
        if name not in self._known:
            self._known[name] = self._catalogue.report_type(name) is not None
        return self._known[name]
