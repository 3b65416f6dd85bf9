"""Who subscribes to what: the values that a snapshot is made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tocsin.catalogue.entries import ReportType
from tocsin.model.address import Network, parse_network
from tocsin.model.severity import Severity


class FilterKind(StrEnum):
    """By which kind of network a list gets its rows."""

    ASN = "asn"
    CIDR = "cidr"
    GEO = "geo"
    DOMAIN = "domain"


class OrganisationKind(StrEnum):
    """What an organisation answers for: its own networks, or a country's."""

    OWNER = "owner"
    NATIONAL_CERT = "national_cert"


class SuppressionKind(StrEnum):
    """Why rows are withheld: they were wrong, or what they tell of has been repaired."""

    FALSE_POSITIVE = "false_positive"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Validity:
    """A span of time from `start` on and before `end`; None where it is open. Aware, UTC."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None

    def at(self, moment: dt.datetime) -> bool:
        """Whether the moment lies within."""
        begun = self.start is None or self.start <= moment
        return begun and (self.end is None or moment < self.end)

    def meet(self, other: Validity) -> Validity | None:
        """The time that lies in both, None if there is none."""
        starts = [start for start in (self.start, other.start) if start is not None]
        ends = [end for end in (self.end, other.end) if end is not None]
        both = Validity(max(starts, default=None), min(ends, default=None))
        return None if both.is_empty else both

    @property
    def is_empty(self) -> bool:
        """Whether no moment lies within."""
        return self.start is not None and self.end is not None and self.start >= self.end

    def boundaries(self) -> tuple[dt.datetime, ...]:
        """The moments at which it begins and ends."""
        return tuple(moment for moment in (self.start, self.end) if moment is not None)


ALWAYS = Validity()


@dataclass(frozen=True, slots=True)
class SubscribedNetwork:
    """A network that an organisation answers for, and when.

    `value` is canonical text: `64496`, `192.0.2.0/24`, `XX`, `example.org`.
    """

    kind: FilterKind
    value: str
    valid: Validity = ALWAYS

    @property
    def prefix(self) -> Network:
        """The prefix of a `cidr` network; ValueError for the other kinds."""
        return parse_network(self.value)

    def __str__(self) -> str:
        return f"AS{self.value}" if self.kind is FilterKind.ASN else self.value


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who subscribes."""

    id: str
    name: str
    kind: OrganisationKind
    networks: tuple[SubscribedNetwork, ...]

    @property
    def is_national_cert(self) -> bool:
        """Whether it answers for a country rather than for networks of its own."""
        return self.kind is OrganisationKind.NATIONAL_CERT


@dataclass(frozen=True, slots=True)
class ReportList:
    """A mailing list; its id is its identity, its name part of the names of its reports.

    `networks` are those through which rows reach it, each valid only while network, list and
    the list's own choice of it are. `only`/`never`: report types as the snapshot names them;
    None takes all.
    """

    id: int
    name: str
    organisation: str
    filter: FilterKind
    networks: tuple[SubscribedNetwork, ...] = ()
    national_cert: bool = False
    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()
    least_severity: Severity = Severity.INFO
    delta: bool = False

    def takes(self, report_type: ReportType) -> bool:
        """Whether the list wants reports of that type, by its id or an older name."""
        names = {report_type.id, *report_type.aliases}
        wanted = self.only is None or not names.isdisjoint(self.only)
        return wanted and names.isdisjoint(self.never)


@dataclass(frozen=True, slots=True)
class Suppression:
    """Rows that some lists shall not get, on the word of a person.

    `subject` is the whole subject: an address (length 128) or the very prefix. `port` is the
    subject's port, `rule` the rule that classified the row; None means any. `moment`: a false
    positive hides rows last seen before it, a repair hides rows last seen up to it.
    """

    id: str
    kind: SuppressionKind
    lists: frozenset[int]
    subject: Network
    moment: dt.datetime
    report_type: str | None = None
    rule: str | None = None
    port: int | None = None
    reason: str = ""

    def hides_type(self, report_type: ReportType) -> bool:
        """Whether rows of that type may be meant."""
        return self.report_type is None or self.report_type in (
            report_type.id,
            *report_type.aliases,
        )

    def hides_time(self, last: dt.datetime) -> bool:
        """Whether a row that was last seen then is meant."""
        if self.kind is SuppressionKind.FIXED:
            return last <= self.moment
        return last < self.moment


def boundaries_of(
    lists: Iterable[ReportList], start: dt.datetime, end: dt.datetime
) -> tuple[dt.datetime, ...]:
    """Moments after `start` and before `end` at which some list's network begins or ends."""
    spans = {network.valid for each in lists for network in each.networks}
    moments = {moment for span in spans for moment in span.boundaries()}
    return tuple(sorted(moment for moment in moments if start < moment < end))
