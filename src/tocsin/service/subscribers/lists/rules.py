"""What a mailing list may be: pure rules over what is wanted and what is on file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.model.severity import Severity
from tocsin.service.languages import DEFAULT, LANGUAGES
from tocsin.service.subscribers.models import Delivery, ListMode
from tocsin.service.subscribers.models.mailing_list import ExtraColumn, ProofOfLife, ReportFormat

NAME = re.compile(r"[a-z0-9-]{1,64}")
"""As the lists file takes it: the name is part of the names of reports."""


@dataclass(frozen=True, slots=True)
class WantedList:
    """How a list is to be. `networks`: keys of those it names; None means all of its kind.

    `except_types`: ids of report types that it leaves out; all others it gets. `extra_columns`:
    values of ExtraColumn.
    """

    name: str
    networks: frozenset[int] | None = None
    except_types: frozenset[str] = frozenset()
    least_severity: str = Severity.INFO.word
    format: str = ReportFormat.CSV.value
    compressed: bool = True
    delivery: str = Delivery.PER_REPORT.value
    delta: bool = False
    language: str = DEFAULT
    mode: str = ListMode.SHADOW.value
    redirect_to: str = ""
    proof_of_life: str = ProofOfLife.NEVER.value
    extra_columns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OnFile:
    """What a list may refer to.

    networks: those of the list's filter kind, by key. types: ids and older names in the catalogue.
    testers: addresses that may get everything of a redirected list. taken: names of other lists
    with that filter, of whomever. begins: what names begin with, so that a name that is taken
    tells nothing of others. name: the one that the list has, which it may keep.
    """

    filter: FilterKind
    networks: Mapping[int, str] = field(default_factory=dict)
    types: frozenset[str] = frozenset()
    testers: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    begins: str = ""
    name: str = ""


def problems_of(wanted: WantedList, on_file: OnFile) -> dict[str, str]:
    """What is wrong, by field, each with what would do; empty if the list can be so."""
    found = {
        "name": _name(wanted, on_file),
        "networks": _networks(wanted, on_file),
        "except_types": _types(wanted, on_file),
        "redirect_to": _tester(wanted, on_file),
        "least_severity": _word(wanted.least_severity, [each.word for each in Severity]),
        "format": _word(wanted.format, ReportFormat.values),
        "delivery": _word(wanted.delivery, Delivery.values),
        "mode": _word(wanted.mode, ListMode.values),
        "proof_of_life": _word(wanted.proof_of_life, ProofOfLife.values),
        "language": _word(wanted.language, list(LANGUAGES)),
        "extra_columns": _columns(wanted),
    }
    return {name: text for name, text in found.items() if text}


def _name(wanted: WantedList, on_file: OnFile) -> str:
    if not NAME.fullmatch(wanted.name):
        return "A name has up to 64 of a-z, 0-9 and -, such as example-noc."
    begins = on_file.begins
    is_own = wanted.name in (begins, on_file.name) or wanted.name.startswith(f"{begins}-")
    if begins and not is_own:
        return f"A name begins with {begins}, such as {begins[:60]}-noc."
    if wanted.name in on_file.taken:
        return (
            f"This name cannot be had for a list by {on_file.filter}. Choose another, for "
            f"example {wanted.name[:60]}-2."
        )
    return ""


def _networks(wanted: WantedList, on_file: OnFile) -> str:
    if not on_file.networks:
        return (
            f"Your organisation has no network for a list by {on_file.filter}. Choose another "
            "kind, or add such a network first."
        )
    if wanted.networks is None:
        return ""
    if not wanted.networks:
        return "No network is chosen. Tick at least one, or take all of them."
    if not wanted.networks <= on_file.networks.keys():
        return "One of these is no valid network of yours (any more). Choose from those below."
    return ""


def _types(wanted: WantedList, on_file: OnFile) -> str:
    unknown = sorted(wanted.except_types - on_file.types)
    if unknown:
        return f"There is no report type {unknown[0]}. Choose from those below."
    if on_file.types and on_file.types <= wanted.except_types:
        return "This leaves out every kind of report. End the list instead."
    return ""


def _columns(wanted: WantedList) -> str:
    unknown = sorted(wanted.extra_columns - set(ExtraColumn.values))
    return _word(unknown[0], ExtraColumn.values) if unknown else ""


def _tester(wanted: WantedList, on_file: OnFile) -> str:
    if wanted.mode != ListMode.REDIRECT:
        return ""
    if wanted.redirect_to not in on_file.testers:
        return (
            "Everything can be redirected to a contact of your organisation, or to a recipient "
            "who has confirmed the address. Choose one of them."
        )
    return ""


def _word(said: str, words: list[str]) -> str:
    return "" if said in words else f"Choose one of {', '.join(words)}."
