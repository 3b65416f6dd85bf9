"""The letters about cases: what an objection came to, what is missing, what was decided."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.changes.telling import admins_of
from tocsin.service.subscribers.models import Case, CaseKind, CaseState, Organisation

CONFIRM = "confirm-cases"
"""The purpose of the link by which a claimant confirms."""


def confirmation_reference(cases: Sequence[Case]) -> str:
    """What the link stands for: the cases of one objection, from the first to the last."""
    keys = sorted(each.pk for each in cases)
    return f"{keys[0]}-{keys[-1]}.{cases[0].round}"


def tell_of_cases(
    organisation: Organisation,
    claimant: str,
    cases: Sequence[Case],
    answers: str,
    now: dt.datetime,
) -> None:
    """One letter to the claimant; one to each other admin of what is in force or may come to be."""
    waiting = [each for each in cases if each.state == CaseState.UNCONFIRMED]
    context: dict[str, Any] = {
        "organisation": organisation.name,
        "claimant": claimant,
        "cases": [_told(each) for each in cases],
        "waits": bool(waiting),
    }
    if waiting:
        context["confirm"] = {"link": [CONFIRM, confirmation_reference(waiting)]}
    key = f"cases_opened {_digest(cases, now)}"
    write(
        "cases_opened", claimant, f"{key} {claimant}", context, now,
        organisation=organisation.pk, answers=answers,
    )  # fmt: skip
    others = [each for each in cases if each.state != CaseState.REFUSED]
    if not others or waiting:
        return
    tell_other_admins(organisation, claimant, others, now)


def tell_other_admins(
    organisation: Organisation, claimant: str, cases: Sequence[Case], now: dt.datetime
) -> None:
    """What keeps rows out of reports is told to every admin but the one who said it."""
    key = f"cases_told {_digest(cases, now)}"
    context = {
        "organisation": organisation.name,
        "claimant": claimant,
        "cases": [_told(each) for each in cases],
    }
    for address in sorted(each.address for each in admins_of(organisation)):
        if address != claimant:
            write(
                "cases_told", address, f"{key} {address}", context, now,
                organisation=organisation.pk,
            )  # fmt: skip


def ask_back(
    organisation: Organisation,
    claimant: str,
    objection: Objection,
    answers: str,
    now: dt.datetime,
) -> None:
    """Ask, in one letter, for what is missing or was not understood."""
    questions = []
    if not objection.subjects:
        questions.append("Which IP addresses is it about? Write them as the report has them.")
    if objection.kind is None:
        questions.append(
            "Were the rows wrong (a false positive), or has the machine been repaired (fixed)?"
        )
    questions += [f"We did not understand “{each}”." for each in objection.unclear]
    said = "\n".join((claimant, answers, now.isoformat(), *questions))
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    record(
        Actor.person(claimant),
        "objection.asked_back",
        Subject("organisation", str(organisation.pk), organisation.name),
        now,
        organisation=organisation.pk,
        after={"questions": questions},
    )
    write(
        "objection_questions",
        claimant,
        f"objection_questions {digest}",
        {"organisation": organisation.name, "questions": questions},
        now,
        organisation=organisation.pk,
        answers=answers,
    )


def tell_of_decision(case: Case, now: dt.datetime) -> None:
    """What staff decided, to the claimant."""
    write(
        "case_decided",
        case.claimant,
        f"case_decided {case.pk}.{case.round}",
        {
            "organisation": case.organisation.name,
            "case": _told(case),
            "accepted": case.state == CaseState.IN_FORCE,
            "words": case.decision,
        },
        now,
        organisation=case.organisation_id,
    )


def _told(case: Case) -> dict[str, Any]:
    return {
        "number": case.pk,
        "kind": "fixed" if case.kind == CaseKind.FIXED else "false positive",
        "address": case.address,
        "port": case.port,
        "report_type": case.report_type,
        "rule": case.rule,
        "state": case.state,
        "moment": case.moment.strftime("%Y-%m-%d %H:%M"),
        "rows": len(case.rows),
        "why": case.decision,
    }


def _digest(cases: Sequence[Case], now: dt.datetime) -> str:
    said = " ".join([now.isoformat(), *(f"{each.pk}.{each.round}" for each in cases)])
    return hashlib.sha256(said.encode()).hexdigest()[:24]
