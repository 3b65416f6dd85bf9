"""Whether and how contacts are told: the policy that counts, and what it makes of a country."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.model.severity import Severity
from tocsin.service.languages import DEFAULT


@dataclass(frozen=True, slots=True)
class Policy:
    """For a country and a report type, either of them empty for any. Severity is a word.

    language: in which they are told.
    """

    country: str = ""
    report_type: str = ""
    notify: bool = False
    cc: str = ""
    least_severity: str = Severity.INFO.word
    most_per_day: int = 1
    language: str = DEFAULT


SILENT = Policy()
"""What counts where nobody has said anything: nobody is told."""


def policy_for(policies: Iterable[Policy], country: str, report_type: str) -> Policy:
    """The most particular: country and type, then country, then type, then neither."""
    fitting = [
        each
        for each in policies
        if each.country in ("", country) and each.report_type in ("", report_type)
    ]
    return max(fitting, key=_particular, default=SILENT)


def _particular(policy: Policy) -> tuple[bool, bool]:
    return bool(policy.country), bool(policy.report_type)


@dataclass(frozen=True, slots=True)
class Choice:
    """Report types that contacts of a country are told of, from one severity on.

    only: these types; None: all but `never`.
    """

    least_severity: str
    only: tuple[str, ...] | None
    never: tuple[str, ...] = ()


def choices_for(policies: Iterable[Policy], country: str) -> tuple[Choice, ...]:
    """What contacts of that country are told of, as choices without overlap.

    Types that a policy names are taken out of the choice of all others, and put together again by
    severity.
    """
    listed = list(policies)
    others = policy_for([each for each in listed if not each.report_type], country, "")
    by_severity: dict[str, list[str]] = {}
    never: list[str] = []
    for report_type in sorted({each.report_type for each in listed if each.report_type}):
        policy = policy_for(listed, country, report_type)
        if _told(policy) == _told(others):
            continue
        never.append(report_type)
        if policy.notify:
            by_severity.setdefault(policy.least_severity, []).append(report_type)
    choices = [Choice(severity, tuple(types)) for severity, types in sorted(by_severity.items())]
    if others.notify:
        choices.insert(0, Choice(others.least_severity, None, tuple(never)))
    return tuple(choices)


def _told(policy: Policy) -> tuple[bool, str]:
    return policy.notify, policy.least_severity
