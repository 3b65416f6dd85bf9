"""An objection to reported rows, read from a mail."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.service.mailbox.reading.draft import Unclear, as_written
from tocsin.service.mailbox.reading.lexer import tokenise
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.reading.phrases import Found, phrases_of
from tocsin.service.mailbox.reading.sentences import Sentence, sentences
from tocsin.service.mailbox.reading.times_said import NOT_A_DAY
from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.mailbox.reading.words import words
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.texts import harmless

_FILE = re.compile(
    r"\d{4}-\d\d-\d\d-([a-z0-9]+(?:_[a-z0-9]+)*)-[a-z0-9][a-z0-9-]{0,100}(?:\.csv(?:\.zip)?)?"
)
_Value = TypeVar("_Value")
_PORT = re.compile(r"(?:(?:tcp|udp)[/-]?)?(\d{1,5})(?:[/-](?:tcp|udp))?", re.IGNORECASE)
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
    domains: list[str] = field(default_factory=list)
    unclear: Unclear = field(default_factory=Unclear)

    def kind(self, kind: SuppressionKind, said: str) -> None:
        """Keep what is said of the rows, in the first words that say so."""
        self.kinds.setdefault(kind, said)

    def subject(self, token: Token) -> None:
        """Keep an address."""
        if len(self.subjects) < _MOST_SUBJECTS:
            self.subjects[token.networks[0].value.rpartition("/")[0]] = True
        else:
            self.unclear.add(token.text)
        if token.port is not None:
            self.ports[token.port] = True


def objection(mail: MailText, now: dt.datetime) -> Objection:
    """What a mail says of reported rows; `now` tells what “yesterday” is."""
    reading = _Reading(now)
    for sentence in (*sentences(mail.subject), *sentences(mail.body)):
        _sentence(reading, sentence)
    for _, text in mail.attached:
        _others(reading, text)
    if not reading.subjects:
        reading.unclear.add_all(reading.domains)
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


def _only(said: Mapping[_Value, object]) -> _Value | None:
    return next(iter(said)) if len(said) == 1 else None


# --- sentences ------------------------------------------------------------------------------


def _sentence(reading: _Reading, sentence: Sentence) -> None:
    tokens = sentence.tokens
    found = phrases_of("objection").find(tokens)
    asked = tokens[-1].text == "?" and tokens[0].value in words("objection")["asking"]
    for each in found:
        if each.meaning in (SuppressionKind.FALSE_POSITIVE, SuppressionKind.FIXED):
            if asked:
                reading.unclear.add_tokens(tokens)
                continue
            said = as_written(tokens[each.at : each.end])
            reading.kind(SuppressionKind(each.meaning), said)
    excluded = [each.at for each in phrases_of("request", "except").find(tokens)]
    for at, token in enumerate(tokens):
        if excluded and at > excluded[0] and token.kind in (Kind.ADDRESS, Kind.PREFIX):
            reading.unclear.add_tokens(tokens[excluded[0] : at + 1])
        else:
            _fact(reading, token)
    _ports(reading, tokens, found)
    if any(each.meaning == SuppressionKind.FIXED for each in found):
        _times(reading, tokens, found)


def _fact(reading: _Reading, token: Token) -> None:
    if token.kind is Kind.ADDRESS or (token.kind is Kind.PREFIX and _is_one_address(token)):
        reading.subject(token)
    elif token.kind in (Kind.PREFIX, Kind.ASN, Kind.WRONG):
        reading.unclear.add(token.text)
    elif token.kind is Kind.DOMAIN:
        reading.domains.append(token.text)
    else:
        _report(reading, token)


def _is_one_address(token: Token) -> bool:
    return len(token.networks) == 1 and token.networks[0].addresses == 1


def _report(reading: _Reading, token: Token) -> None:
    """The name of a report, or of a type of reports."""
    if token.kind is Kind.IDENTIFIER:
        reading.types[token.text] = True
    elif token.kind in (Kind.FILE, Kind.WORD) and (found := _FILE.fullmatch(token.text)):
        reading.reports[token.text.removesuffix(".zip")] = found[1]
        reading.types[found[1]] = True


def _others(reading: _Reading, text: str) -> None:
    """Addresses that are quoted or attached: some of them may be meant, or all."""
    for each in tokenise(text):
        if each.kind is Kind.ADDRESS and each.value not in reading.subjects:
            reading.unclear.add(each.text)


def _report_of(reading: _Reading, quoted: str) -> None:
    """The report that is answered to, if the answer itself names none."""
    if reading.reports or reading.types:
        return
    for each in tokenise(quoted):
        _report(reading, each)


def _ports(reading: _Reading, tokens: Sequence[Token], found: Sequence[Found]) -> None:
    for at, token in enumerate(tokens):
        if token.kind is Kind.WORD and "/" in token.text:
            _port(reading, token.text)
        elif any(each.meaning == "port_noun" and each.end == at for each in found):
            _port_list(reading, tokens, at)


def _port_list(reading: _Reading, tokens: Sequence[Token], at: int) -> None:
    for token in tokens[at : at + 12]:
        if token.kind is Kind.NUMBER or (token.kind is Kind.WORD and "/" in token.text):
            _port(reading, token.text)
        elif token.value not in _BETWEEN_PORTS:
            return


_BETWEEN_PORTS = frozenset((",", ":", "and", "und", "et", "y", "/", "no", "number", "tcp", "udp"))


def _port(reading: _Reading, said: str) -> None:
    found = _PORT.fullmatch(said)
    if found and 0 < int(found[1]) < 65_536:
        reading.ports[int(found[1])] = True


# --- when it was fixed ----------------------------------------------------------------------


def _times(reading: _Reading, tokens: Sequence[Token], found: Sequence[Found]) -> None:
    marks = [each for each in found if each.meaning in ("fixed", "not_the_time")]
    days = [(at, each.day) for at, each in enumerate(tokens) if each.kind is Kind.DATE]
    for each in found:
        if each.meaning in ("today", "yesterday"):
            ago = dt.timedelta(days=each.meaning == "yesterday")
            days.append((each.at, (reading.now - ago).date()))
    used: set[int] = set()
    for at, day in days:
        earlier = [each.meaning for each in marks if each.at < at]
        if day is not None and (not earlier or earlier[-1] == "fixed"):
            clock_at = _clock_at(tokens, at)
            used.add(clock_at)
            _moment(reading, tokens, at, day, clock_at)
    for at, token in enumerate(tokens):
        if token.kind is Kind.CLOCK and at not in used and not days:
            reading.unclear.add(token.text)


def _clock_at(tokens: Sequence[Token], at: int) -> int:
    """Index of the time of day that belongs to a day; that of the day itself if there is none."""
    behind = range(at + 1, min(at + 5, len(tokens)))
    ahead = range(at - 1, max(at - 4, -1), -1)
    for here in itertools.chain(behind, ahead):
        if tokens[here].kind is Kind.CLOCK:
            return here
        if tokens[here].kind is Kind.DATE:
            break
    return at


def _moment(
    reading: _Reading, tokens: Sequence[Token], at: int, day: dt.date, clock_at: int
) -> None:
    """A day alone is its beginning: a claim hides what was seen before, and no more than that."""
    clock = tokens[clock_at].clock
    said = as_written(tokens[min(at, clock_at) : max(at, clock_at) + 1])
    if day == NOT_A_DAY or (clock is not None and clock.tzinfo is None):
        reading.unclear.add(said)
        return
    moment = dt.datetime.combine(day, clock or dt.time(0, tzinfo=dt.UTC)).astimezone(dt.UTC)
    if moment > reading.now:
        reading.unclear.add(said)
    else:
        reading.times[moment] = True
