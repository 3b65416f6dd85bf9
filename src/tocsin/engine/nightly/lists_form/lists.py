"""The lists of a lists file, each with the networks through which rows reach it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tocsin.engine.nightly.lists_form.fields import Fields, Mistakes, shown
from tocsin.engine.nightly.lists_form.networks import read_networks, read_validity, within
from tocsin.engine.nightly.lists_form.places import Path
from tocsin.engine.nightly.lists_form.types import TypeNames
from tocsin.engine.nightly.subscribers import (
    ALWAYS,
    FilterKind,
    Organisation,
    ReportList,
    SubscribedNetwork,
)
from tocsin.model.severity import Severity

GREATEST_ID = 2**63 - 1

_REQUIRED: Final = ("id", "name", "organisation", "filter")
_OPTIONAL: Final = ("networks", "types", "least_severity", "delta", "valid_from", "valid_to")
_NAME = re.compile(r"[a-z0-9-]{1,64}")


class ListForm:
    """Reads lists one by one into `lists`; `ids` also knows those with mistakes."""

    def __init__(
        self, organisations: Mapping[str, Organisation], types: TypeNames, mistakes: Mistakes
    ) -> None:
        self.lists: dict[int, ReportList] = {}
        self.ids: set[int] = set()
        self._organisations = organisations
        self._types = types
        self._mistakes = mistakes
        self._names: set[tuple[str, FilterKind]] = set()
        self._by_kind: dict[tuple[str, FilterKind], tuple[SubscribedNetwork, ...]] = {}

    def read(self, said: object, path: Path) -> None:
        """Read one list."""
        fields = Fields(said, path, self._mistakes, required=_REQUIRED, optional=_OPTIONAL)
        identity = fields.whole_number("id", 1, GREATEST_ID)
        if identity in self.ids:
            fields.wrong("id", f"a second list with the id {identity}")
        if identity is not None:
            self.ids.add(identity)
        kind = fields.word("filter", FilterKind)
        name = self._name(fields, kind)
        organisation = self._organisation(fields)
        only, never = self._types.read_choice(fields)
        severity = self._severity(fields)
        if identity is None or kind is None or organisation is None:
            return
        self.lists[identity] = ReportList(
            id=identity,
            name=name,
            organisation=organisation.id,
            filter=kind,
            networks=self._networks(fields, organisation, kind),
            national_cert=organisation.is_national_cert,
            only=only,
            never=never,
            least_severity=severity,
            delta=fields.flag("delta"),
        )

    def _name(self, fields: Fields, kind: FilterKind | None) -> str:
        name = fields.text("name")
        if not name:
            return ""
        if not _NAME.fullmatch(name):
            todo = "use up to 64 of a-z, 0-9 and -"
            fields.wrong("name", f"the name {shown(name)} cannot be part of a file name", todo)
        if kind is not None:
            if (name, kind) in self._names:
                fields.wrong("name", f"a second list {shown(name)} with the filter {kind}")
            self._names.add((name, kind))
        return name

    def _organisation(self, fields: Fields) -> Organisation | None:
        identity = fields.text("organisation")
        if identity and identity not in self._organisations:
            fields.wrong("organisation", f"there is no organisation {shown(identity)}")
        return self._organisations.get(identity)

    def _severity(self, fields: Fields) -> Severity:
        try:
            return Severity.from_word(fields.text("least_severity", Severity.INFO.word))
        except ValueError as error:
            fields.wrong("least_severity", str(error))
            return Severity.INFO

    # --- networks -----------------------------------------------------------------------

    def _networks(
        self, fields: Fields, organisation: Organisation, kind: FilterKind
    ) -> tuple[SubscribedNetwork, ...]:
        networks = self._of_kind(organisation, kind)
        if "networks" in fields:
            networks = self._chosen(fields, networks, kind)
        valid = read_validity(fields)
        # Lists of one organisation share one tuple where they can: there may be many networks.
        return networks if valid == ALWAYS else tuple(within(networks, valid))

    def _of_kind(
        self, organisation: Organisation, kind: FilterKind
    ) -> tuple[SubscribedNetwork, ...]:
        key = (organisation.id, kind)
        if key not in self._by_kind:
            self._by_kind[key] = tuple(each for each in organisation.networks if each.kind is kind)
        return self._by_kind[key]

    def _chosen(
        self, fields: Fields, own: tuple[SubscribedNetwork, ...], kind: FilterKind
    ) -> tuple[SubscribedNetwork, ...]:
        by_value: dict[str, list[SubscribedNetwork]] = {}
        for each in own:
            by_value.setdefault(each.value, []).append(each)
        chosen: list[SubscribedNetwork] = []
        for place, network in read_networks(fields, self._mistakes):
            if network.kind is not kind:
                self._mistakes.add(place, f"{network} is no network for the filter {kind}")
            elif network.value not in by_value:
                self._mistakes.add(place, f"{network} is no network of the list's organisation")
            else:
                chosen += within(by_value[network.value], network.valid)
        return tuple(chosen)
