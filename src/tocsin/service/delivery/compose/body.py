"""The words of a message: its subject, its plain text, and the same as HTML.

What fills the texts is made harmless once more: no control character gets into a message, and in
HTML everything is escaped.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.template import Context

from tocsin.service.delivery.compose.facts import ReportFacts
from tocsin.service.delivery.compose.templates import template
from tocsin.service.languages import DEFAULT, known_language
from tocsin.service.texts import harmless, heading

_MOST_BLANK_LINES = re.compile(r"\n{3,}")
_IS_HARMLESS = re.compile(r"[\n\x20-\x7e\xa0-\xac\xae-\u024f\u2018-\u201f]*")
"""As most messages are, in Latin letters: nothing of it hides, nor is written in two ways. To look
at each letter takes longer than all else."""

_LONGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Stranger:
    """One who is told without having asked. origin: where the address is from.

    networks: some of those that it answers for; more: how many others. opt_out: where it says that
    it wants nothing; empty in a copy, which goes to somebody else than `address`.
    """

    address: str
    origin: str
    networks: tuple[str, ...]
    more: int
    opt_out: str
    language: str = DEFAULT


@dataclass(frozen=True, slots=True)
class Said:
    """All that a message says. kind: `report`, `digest` or `contact`.

    list: its whole name; name: its own. leave: where a person leaves it, else empty. portal: the
    address of the service. openpgp: fingerprint of the service's key, "" if it has none.
    """

    kind: str
    language: str
    service: str
    portal: str
    day: dt.date
    reports: Sequence[ReportFacts]
    list: str = ""
    name: str = ""
    leave: str = ""
    stranger: Stranger | None = None
    openpgp: str = ""

    @property
    def events(self) -> int:
        """Of all its reports."""
        return sum(each.events for each in self.reports)


@dataclass(frozen=True, slots=True)
class Body:
    """What a message says, in both of its parts."""

    subject: str
    text: str
    html: str


def body_of(said: Said) -> Body:
    """Subject, text and HTML. A language that has no texts gets English."""
    said = _on_one_line(replace(said, language=known_language(said.language)))
    words = {"said": said, "reports": said.reports}
    plain = template(said.kind, said.language, "txt").render(Context(words, autoescape=False))
    first, _, rest = plain.partition("\n")
    subject = heading(first.removeprefix("Subject: "), 200)
    page = template(said.kind, said.language, "html")
    html = page.render(Context({**words, "subject": subject}))
    return Body(subject, _tidy(rest), _tidy(html))


def _on_one_line(said: Said) -> Said:
    """What stands in the subject, and in lines that begin with something else."""
    return replace(
        said,
        service=harmless(said.service, 100),
        list=harmless(said.list, 100),
        name=harmless(said.name, 100),
        reports=[replace(each, title=harmless(each.title, 200)) for each in said.reports],
    )


def _tidy(text: str) -> str:
    if _IS_HARMLESS.fullmatch(text):
        return _MOST_BLANK_LINES.sub("\n\n", text.strip()) + "\n"
    return _MOST_BLANK_LINES.sub("\n\n", harmless(text, _LONGEST, lines=True)) + "\n"
