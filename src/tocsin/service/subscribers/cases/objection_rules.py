"""What becomes of an objection: pure rules over what is said, what is theirs, what was reported.

- "Fixed" is a claim at a time: it hides sightings up to then, and is in force at once. Whatever is
  seen later is reported.
- A false positive is one rule of one report type about one address, for 30 days. For more than
  that (a prefix, an address whatever is said of it) staff decide.
- Both are for the organisation's own lists and about its own networks, never for the lists of a
  national CERT.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.model.address import Network, parse_network
from tocsin.service.subscribers.cases.reported_rows import ReportedRow, subject_text
from tocsin.service.subscribers.models import CaseState

FALSE_POSITIVE_FOR = dt.timedelta(days=30)
LONGEST = dt.timedelta(days=365)
"""How long a false positive holds by default, and at most by decision of staff."""

MOST_RULES = 3
"""Findings of more rules than this about one address: then it is about the address as such."""

CLOCKS_DIFFER = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of one subject. `is_known`: whether they were known before saying it."""

    kind: SuppressionKind | None
    subject: str
    port: int | None = None
    report_type: str = ""
    at: dt.datetime | None = None
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """What is on file. own: the organisation's valid prefixes. rows: reported about the subject."""

    now: dt.datetime
    national_cert: bool
    own: Sequence[Network]
    rows: Sequence[ReportedRow]


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A case to be made. `why`: for the person, why it is refused or left to staff."""

    state: CaseState
    kind: SuppressionKind
    address: str
    moment: dt.datetime
    port: int | None = None
    report_type: str = ""
    rule: str = ""
    why: str = ""
    rows: tuple[ReportedRow, ...] = ()


def subject_of(text: str) -> Network | None:
    """The subject that is meant: an address or a prefix; None if it is neither."""
    try:
        return parse_network(text.strip())
    except ValueError:
        return None


def plan(said: Said, situation: Situation) -> list[PlannedCase]:
    """The cases that it makes: one at least, and a refusal says why."""
    refusal = _refusal(said, situation)
    if refusal:
        kind = said.kind or SuppressionKind.FALSE_POSITIVE
        return [PlannedCase(CaseState.REFUSED, kind, _address(said), situation.now, why=refusal)]
    rows = _meant(said, situation.rows)
    if said.kind is SuppressionKind.FIXED:
        return [_fixed(said, situation, rows)]
    return _false_positives(said, situation, rows)


def _refusal(said: Said, situation: Situation) -> str:
    """Why nothing comes of it, for the person; the first reason counts. Empty if something may."""
    subject = subject_of(said.subject)
    in_future = said.at is not None and said.at > situation.now + CLOCKS_DIFFER
    wrong_port = said.port is not None and bool(situation.rows) and not _meant(said, situation.rows)
    reasons = (
        (
            said.kind is None,
            "It is not clear whether the rows were wrong or the machine has been repaired.",
        ),
        (
            situation.national_cert,
            "A national CERT's reports are whole: nothing can be kept out of them.",
        ),
        (subject is None, "This is no IP address; name the address as the report has it."),
        (in_future, "The time lies in the future: what will be seen then is not known yet."),
        (
            subject is not None and not situation.rows and not _is_theirs(subject, situation),
            "None of your reports of the last days is about it, or the network that brought it is "
            "not yours any more.",
        ),
        (
            wrong_port,
            "No row of your reports about it has this port; leave the port out to mean all.",
        ),
    )
    return next((words for applies, words in reasons if applies), "")


def _is_theirs(subject: Network, situation: Situation) -> bool:
    """Whether it is an address in one of their prefixes, told without any row."""
    own = (each for each in situation.own if each.is_v4 == subject.is_v4)
    return subject.length == 128 and any(each.covers(subject) for each in own)


def _address(said: Said) -> str:
    """In the form in which it is stored and compared; as it was said if it is none."""
    subject = subject_of(said.subject)
    return said.subject if subject is None else subject_text(subject)


def _meant(said: Said, rows: Sequence[ReportedRow]) -> tuple[ReportedRow, ...]:
    """The rows that fit; a row without a port fits every port."""
    return tuple(
        each
        for each in rows
        if said.report_type in ("", each.report_type)
        and (said.port is None or each.port in (None, said.port))
    )


def _fixed(said: Said, situation: Situation, rows: tuple[ReportedRow, ...]) -> PlannedCase:
    moment = min(said.at or situation.now, situation.now)
    return PlannedCase(
        CaseState.IN_FORCE if said.is_known else CaseState.UNCONFIRMED,
        SuppressionKind.FIXED,
        _address(said),
        moment,
        port=_port(said, rows),
        report_type=said.report_type,
        rows=rows,
    )


def _false_positives(
    said: Said, situation: Situation, rows: tuple[ReportedRow, ...]
) -> list[PlannedCase]:
    until = situation.now + FALSE_POSITIVE_FOR
    subject = subject_of(said.subject)
    findings = list(dict.fromkeys((each.report_type, each.rule) for each in rows))
    why = ""
    if subject is not None and subject.length < 128:
        why = "It is about a whole prefix, which our staff look at."
    elif not findings:
        why = "Your newest reports hold no such row, so that our staff look at it."
    elif len(findings) > MOST_RULES:
        why = "It is about everything that is said of this address, which our staff look at."
    if why:
        state = CaseState.OPEN if said.is_known else CaseState.UNCONFIRMED
        return [
            PlannedCase(
                state,
                SuppressionKind.FALSE_POSITIVE,
                _address(said),
                until,
                port=_port(said, rows),
                report_type=said.report_type,
                why=why,
                rows=rows,
            )
        ]
    state = CaseState.IN_FORCE if said.is_known else CaseState.UNCONFIRMED
    return [
        PlannedCase(
            state,
            SuppressionKind.FALSE_POSITIVE,
            _address(said),
            until,
            port=_port(said, theirs),
            report_type=report_type,
            rule=rule,
            rows=theirs,
        )
        for report_type, rule in findings
        for theirs in [tuple(r for r in rows if (r.report_type, r.rule) == (report_type, rule))]
    ]


def _port(said: Said, rows: Sequence[ReportedRow]) -> int | None:
    """The port that is meant; none where the type has none, for nothing would fit it."""
    return None if rows and all(each.port is None for each in rows) else said.port


def state_when_confirmed(kind: SuppressionKind, rule: str, address: str) -> CaseState:
    """Where a case goes that waited for its claimant: a false positive needs a rule, or staff."""
    subject = subject_of(address)
    is_narrow = subject is not None and subject.length == 128 and bool(rule)
    if kind is SuppressionKind.FIXED or is_narrow:
        return CaseState.IN_FORCE
    return CaseState.OPEN
