"""Small Markdown, and the sentences of the reference pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tocsin.catalogue.entries import Area, DomainForm, ReportType, SubjectKind, SubjectRole

_ROLES: Final[Mapping[SubjectRole, str]] = {
    SubjectRole.CULPRIT: "where the harm comes from",
    SubjectRole.VICTIM: "where the harm is done",
    SubjectRole.RESOLVER: "a resolver that asked on somebody's behalf",
    SubjectRole.REFERER: "where visitors were sent on from",
    SubjectRole.EXPOSED: "a machine that lies open",
    SubjectRole.HOLDER: "named without blame",
}

_KINDS: Final[Mapping[SubjectKind, str]] = {
    SubjectKind.ADDRESS: "the address",
    SubjectKind.PREFIX: "the address or prefix",
    SubjectKind.DOMAIN: "the domain",
    SubjectKind.NONE: "",
}

_FORMS: Final[Mapping[DomainForm, str]] = {
    DomainForm.NAME: "the name",
    DomainForm.EMAIL: "the domain of the mail address",
    DomainForm.URL: "the host of the URL",
}


def code(text: str) -> str:
    """Inline code that survives a table; backticks and bars within are kept apart."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|")


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def codes(names: Iterable[str]) -> str:
    """Names as inline code, in a sentence."""
    return listed([code(name) for name in names])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)


def area_link(area: Area) -> str:
    """A link to the area's part of the index."""
    anchor = "".join(c for c in area.title.lower() if c.isalnum() or c in " -").replace(" ", "-")
    return f"[{area.title}](../README.md#{anchor})"


def sentence_of_subject(report_type: ReportType) -> str:
    """Whose the record is, and which lists may match it."""
    subject = report_type.subject
    if subject.kind is SubjectKind.NONE:
        return "No column tells an owner; the rows are kept and go to nobody."
    kind, role = _KINDS[subject.kind], _ROLES[subject.role]
    first = f"Whoever answers for {kind} in {code(subject.column)}, {role}."
    if subject.version:
        first += f" Only IPv{subject.version} is taken."
    named = [
        f"{_FORMS[entry.form]} in {code(entry.column)}"
        + (" where reverse DNS is confirmed" if entry.needs_confirmation else "")
        for entry in report_type.domain_columns
    ]
    if not named:
        return first
    return f"{first} Domain lists go by {listed(named)}."
