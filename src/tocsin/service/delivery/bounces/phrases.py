"""The table of what mail servers say (data/returned.yaml), and what a refusal means by it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jsonschema
import yaml

from tocsin.service.delivery.bounces.bounce import Verdict
from tocsin.service.subscribers.models import Cause

_DATA = Path(__file__).parent / "data"

_ENHANCED = re.compile(r"(?<![\d.])[245]\.(\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_CODES = re.compile(r"(?<!\S)[245]\d\d[- ](?:[245]\.\d{1,3}\.\d{1,3}\s)?")
"""Reply codes, which stand at the head of each line of a reply, in the midst of its words."""

_NO_WORDS = re.compile(r"https?://\S+|<?[^\s<>,;:]{1,200}@[^\s<>,;:]{1,200}>?")
"""Addresses and links: a mailbox may be named `spam`."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status code means; vague: words count first."""

    verdict: Verdict
    vague: bool


@dataclass(frozen=True, slots=True)
class Phrases:
    """The table, folded. statuses: by code without its first digit."""

    statuses: Mapping[str, Meaning]
    causes: tuple[tuple[Cause, tuple[str, ...]], ...]
    delayed: tuple[str, ...]
    returned: tuple[str, ...]
    challenges: tuple[str, ...]
    copy_begins: tuple[str, ...]

    def cause_in(self, text: str) -> Cause | None:
        """The first cause of which a phrase is in the text."""
        plain = folded(_CODES.sub(" ", _NO_WORDS.sub(" ", text)))
        return next((cause for cause, known in self.causes if has(plain, known)), None)

    def without_copy(self, text: str) -> str:
        """The lines before the copy of our own message, whose words mean nothing here."""
        kept = []
        for line in text.splitlines():
            if has(folded(line), self.copy_begins):
                break
            kept.append(line)
        return "\n".join(kept)


def folded(text: str) -> str:
    """The form in which phrases are compared: width and capitals do not matter, nor blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").split())


def has(text: str, phrases: tuple[str, ...]) -> bool:
    """Whether one of them is in a folded text."""
    return any(each in text for each in phrases)


@cache
def phrases() -> Phrases:
    """The table that ships with the service."""
    said = yaml.safe_load((_DATA / "returned.yaml").read_text("utf-8"))
    jsonschema.validate(said, json.loads((_DATA / "returned.schema.json").read_text("utf-8")))
    return Phrases(
        statuses={
            code: Meaning(
                Verdict(Cause(each["cause"]), bool(each.get("definite"))), bool(each.get("vague"))
            )
            for code, each in said["statuses"].items()
        },
        causes=tuple(
            (Cause(name.removesuffix("_listed")), _folded(each))
            for name, each in said["phrases"].items()
        ),
        delayed=_folded(said["delayed"]),
        returned=_folded(said["returned"]),
        challenges=_folded(said["challenges"]),
        copy_begins=_folded(said["copy_begins"]),
    )


def verdict_of(status: str, diagnostic: str, text: str = "") -> Verdict:
    """What a refusal means.

    status: of RFC 3463, or "". diagnostic: what their server said. text: what the server that
    gives it back says to people, without the copy of our message.

    A code that is used for one thing alone decides; else words do, those of their server first.
    That there is no such address is believed at once only if no word speaks against it.
    """
    table = phrases()
    codes = [status[2:], *_ENHANCED.findall(_NO_WORDS.sub(" ", diagnostic))]
    known = [table.statuses[each] for each in codes if each in table.statuses]
    word = table.cause_in(diagnostic)
    clear = next((each.verdict for each in known if not each.vague), None)
    if clear is not None and clear.definite:
        return clear if word in (None, Cause.NO_ADDRESS) else Verdict(word)
    if clear is not None:
        return clear
    word = word or table.cause_in(text)
    if word is not None:
        return Verdict(word)
    return known[0].verdict if known else Verdict(Cause.OTHER)


def verdict_of_reply(reply: str) -> Verdict:
    """The same for what a server answered us, such as `550 5.1.1 no such user`."""
    found = _ENHANCED.search(reply)
    return verdict_of(found[0] if found else "", reply)


def _folded(said: list[str]) -> tuple[str, ...]:
    return tuple(folded(each) for each in said)
