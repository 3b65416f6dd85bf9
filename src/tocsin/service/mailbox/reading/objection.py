"""An objection to reported rows, read from a mail."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.service.mailbox.reading.draft import Unclear
from tocsin.service.mailbox.reading.lexer import tokenise
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.reading.phrases import Found, phrases_of
from tocsin.service.mailbox.reading.sentences import Sentence, sentences
from tocsin.service.mailbox.reading.times_said import NOT_A_DAY
from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.mailbox.reading.words import words
from tocsin.service.subscribers.objection_value import Objection
from tocsin.service.texts import harmless

_FILE = re.compile(r"\d{4}-\d\d-\d\d-([a-z0-9]+(?:_[a-z0-9]+)*)-[a-z0-9][a-z0-9-]{0,100}\.csv(?:\.zip)?")
_PORT = re.compile(r"(?:(?:tcp|udp)[/-]?)?(\d{1,5})(?:[/-](?:tcp|udp))?", re.IGNORECASE)
_ONE_ADDRESS = {"32", "128"}
_MOST_SUBJECTS = 1_000


@dataclass
class _Reading:
    """What has been found, each once and in its order."""

    now: dt.datetime
    kinds: dict[SuppressionKind, str] = field(default_factory=dict)
    subjects: dict[str, bool] = field(default_factory=dict)
    ports: dict[int, bool] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    types: dict[str, bool] = field(default_factory=dict)
    times: dict[dt.datetime, bool] = field(default_factory=dict)
    unclear: Unclear = field(default_factory=Unclear)


def objection(mail: MailText, now: dt.datetime) -> Objection:
    """What a mail says of reported rows; `now` tells what “yesterday” is."""
    reading = _Reading(now)
    for sentence in (*sentences(mail.subject), *sentences(mail.body)):
        _sentence(reading, sentence)
    for _, text in mail.attached:
        _others(reading, text)
    if not reading.subjects:
        _others(reading, mail.quoted)
    _report_of(reading, mail.quoted)
    reading.unclear.cut(mail)
    return _result(reading, mail)


def _result(reading: _Reading, mail: MailText) -> Objection:
    kind = next(iter(reading.kinds)) if len(reading.kinds) == 1 else None
    if len(reading.kinds) > 1:
        reading.unclear.add_all(reading.kinds.values())
    elif kind is None:
        reading.unclear.add(mail.body or mail.subject)
    for several in (reading.ports, reading.reports, reading.types, reading.times):
        if len(several) > 1:
            reading.unclear.add_all(str(each) for each in several)
    fixed = kind is SuppressionKind.FIXED
    return Objection(
        kind=kind,
        subjects=tuple(reading.subjects)[:_MOST_SUBJECTS],
        port=_only(reading.ports),
        report=_only(reading.reports) or "",
        report_type=_only(reading.types) or "",
        at=_only(reading.times) if fixed else None,
        note=harmless(mail.body, 5_000, lines=True),
        unclear=reading.unclear.told(),
    )


def _only[T](said: dict[T, object]) -> T | None:
    return next(iter(said)) if len(said) == 1 else None
