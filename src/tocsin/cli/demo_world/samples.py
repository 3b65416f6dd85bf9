"""Events of report types that nobody has drawn by hand: their sample rows, on other machines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tocsin.catalogue.entries import (
    LOCATED,
    Catalogue,
    DomainForm,
    ReportType,
    SubjectKind,
)
from tocsin.cli.demo_world import sources
from tocsin.cli.demo_world.days import any_moment, waking_moment
from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.events.web import SITES
from tocsin.cli.demo_world.events.words import Cell, Cells
from tocsin.cli.demo_world.kinds import BOXES, KINDS, POTS, SINKS, TRAPS, WATCHERS, Kind
from tocsin.cli.demo_world.machines import (
    Machine,
    homes,
    homes_6,
    routers,
    sensors,
    servers,
    servers_6,
)
from tocsin.model.columns import ColumnKind

_PER_MILLE: Final = 0.25
"""Of each type so much of the day; of all of them a few hundredths of it."""

_OF_PARTNER: Final = (sources.PARTNER, ("",))
_SEEN_BY: Final = {
    "drones": (sources.SINKHOLE, SINKS),
    "scans": (sources.HONEYPOTS, POTS),
    "ddos": (sources.MONITOR, WATCHERS),
    "phishing": (sources.SPAM_TRAP, TRAPS),
    "malware_droppers": (sources.SANDBOX, BOXES),
    "compromised_hosts": (sources.CIRCLE, ("",)),
}
"""Area -> the source and its sensors that see its events; the partner sees all others."""


def kinds_of(catalogue: Catalogue) -> tuple[Kind, ...]:
    """Those drawn by hand, and one for each report type of the catalogue that none of them has."""
    drawn = {name for kind in KINDS for name in kind.report_types}
    others = [entry for name, entry in catalogue.report_types.items() if name not in drawn]
    return (*KINDS, *(_kind(entry) for entry in others if entry.sample))


def _kind(report_type: ReportType) -> Kind:
    source, seen_by = _SEEN_BY.get(report_type.area, _OF_PARTNER)
    at_home = report_type.subject.column == "src_ip"
    return Kind(
        (report_type.id,),
        _PER_MILLE,
        source,
        seen_by,
        _Sample(report_type).draw,
        waking_moment if at_home else any_moment,
    )


@dataclass(frozen=True)
class _Sample:
    """A report type's sample row as something that happens to one machine after the other."""

    report_type: ReportType

    def draw(self, dice: Dice) -> Cells:
        cells = dict(self._always)
        if self.report_type.subject.kind is SubjectKind.DOMAIN:
            cells[self.report_type.subject.column] = self._name(dice.favourite(SITES))
        elif self._machines:
            cells |= self._about(dice.favourite(self._machines))
        if self.report_type.source_port:
            cells[self.report_type.source_port] = dice.between(1024, 65535)
        if "dst_ip" in self._others_addresses:
            cells["dst_ip"] = dice.pick(sensors()).address
        return cells

    @cached_property
    def _always(self) -> Cells:
        """The cells of the sample that hang on no machine."""
        addresses = self.report_type.address_columns
        # Whose an address is says the atlas; the country of a name that has none is not known.
        places = {name.removesuffix("ip") + place for name in addresses for place in LOCATED}
        names = {name.removesuffix("ip") + "hostname" for name in addresses}
        left_out = {"timestamp", *places, *names, *LOCATED, self.report_type.subject.column}
        return {
            name: self._cell(name, said)
            for name, said in self.report_type.sample.items()
            if name not in left_out
        }

    def _cell(self, name: str, said: str) -> Cell:
        column = self.report_type.column(name)
        if column is not None and column.kind is ColumnKind.INTEGER:
            return int(said)
        if column is not None and column.kind is ColumnKind.TIME:
            seen = dt.datetime.fromisoformat(self.report_type.sample["timestamp"])
            return dt.datetime.fromisoformat(said) - seen
        return said

    @cached_property
    def _others_addresses(self) -> frozenset[str]:
        subject = self.report_type.subject.column
        return frozenset(self.report_type.address_columns) - {subject}

    # --- whom it happens to -------------------------------------------------------------

    @cached_property
    def _machines(self) -> Sequence[Machine]:
        subject, trouble = self.report_type.subject, self.report_type.id
        if subject.kind is SubjectKind.NONE:
            return ()
        at_home = subject.column == "src_ip"
        if subject.version == 6:
            return homes_6(trouble) if at_home else servers_6(trouble)
        if at_home:
            return homes(trouble)
        # What answers everybody over UDP is, as a rule, a box at somebody's home.
        udp = self.report_type.sample.get("protocol") == "udp"
        return routers(trouble) if udp else servers(trouble)

    def _about(self, machine: Machine) -> Cells:
        column = self.report_type.subject.column
        cells: Cells = {column: machine.address}
        name = column.removesuffix("ip") + "hostname"
        if machine.name and self.report_type.column(name):
            cells[name] = machine.name
        return cells

    def _name(self, site: str) -> str:
        forms = {
            DomainForm.NAME: site,
            DomainForm.URL: f"https://{site}/",
            DomainForm.EMAIL: f"office@{site}",
        }
        return forms[self.report_type.subject.domain_form]
