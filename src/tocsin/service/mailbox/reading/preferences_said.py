"""How somebody wants the reports: the columns of a mailing list, as words ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tocsin.service.mailbox.reading.draft import Unclear, as_written
from tocsin.service.mailbox.reading.phrases import Found, phrases_of
from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.mailbox.reading.words import words

_COLUMNS = (
    "compressed=",
    "least_severity=",
    "delivery=",
    "format=",
    "delta=",
    "language=",
    "proof_of_life=",
)
_NO_PROOF = "proof_of_life=never"
_NAMES = frozenset(("compressed", "delivery", "format", "delta", "language"))
_LONGEST = 20
_REFUSING = frozenset(("remove", "instead"))
_ASKING = frozenset(("send", "add", "wish", "by"))


class Preferences:
    """What is wanted so far, by column; a column of which two things are said is unclear."""

    def __init__(self, unclear: Unclear) -> None:
        self._unclear = unclear
        self._said: dict[str, dict[str, str]] = {}
        self._types: dict[str, bool] = {}

    def read(self, tokens: Sequence[Token]) -> bool:
        """Read a sentence; whether it says anything of preferences."""
        found = phrases_of("change", *_COLUMNS).find(tokens)
        around = phrases_of("change", "send", "add", "wish", "by", "remove", "instead", "not").find(
            tokens
        )
        pairs = _pairs(tokens)
        if not (found or pairs) or any(each.meaning == "not_a_wish" for each in around):
            return False
        wanted = [each for each in found if not _is_refused(tokens, each, found, around)]
        if refused := [each for each in found if each not in wanted and _is_of_life(each)]:
            # No longer every week is not at all, unless something else stands instead.
            wanted += (
                [replace(refused[0], meaning=_NO_PROOF)] if not _any_else(wanted, around) else []
            )
        if any(each.meaning == _NO_PROOF for each in wanted):
            # Stop the weekly one: how often it came says only which it is.
            wanted = [each for each in wanted if each.meaning == _NO_PROOF or not _is_of_life(each)]
        for each in wanted:
            column, _, value = each.meaning.partition("=")
            said = as_written(tokens[each.at : each.end])
            self._said.setdefault(column, {}).setdefault(value, said)
        for column, value, said in pairs:
            self._said.setdefault(column, {}).setdefault(value, said)
        if not (wanted or pairs):
            self._unclear.add_tokens(tokens)
        return True

    def leave_out(self, report_type: str) -> None:
        """A report type that is not wanted."""
        self._types[report_type] = True

    def told(self) -> dict[str, str]:
        """By column; `except_types` is joined by commas."""
        wanted = {}
        for column, values in self._said.items():
            if len(values) == 1:
                wanted[column] = next(iter(values))
            else:
                self._unclear.add_all(values.values())
        if self._types:
            wanted["except_types"] = ",".join(self._types)
        return wanted


def _pairs(tokens: Sequence[Token]) -> list[tuple[str, str, str]]:
    """Preferences by their names: column, value, as written.

    `language=de`, or a line `language: de`. Whether there is such a value is looked at later,
    by whoever knows the values.
    """
    found = []
    for at, token in enumerate(tokens):
        name, equals, value = token.value.partition("=")
        if token.kind is not Kind.WORD or name not in _NAMES:
            continue
        end = at + 1
        if not equals and (end := _end_of_pair(tokens, at)):
            value = tokens[end - 1].value
        if end and 0 < len(value) <= _LONGEST:
            known = phrases_of("change", f"{name}=").find(_words(name, value))
            value = known[0].meaning.partition("=")[2] if known else value
            found.append((name, value, as_written(tokens[at:end])))
    return found


def _end_of_pair(tokens: Sequence[Token], at: int) -> int:
    """Index after NAME = VALUE, or after NAME: VALUE that is a line of its own; 0 if it is none."""
    if len(tokens) < at + 3 or tokens[at + 2].kind is not Kind.WORD:
        return 0
    mark, end = tokens[at + 1].text, at + 3
    begins = at == 0 or tokens[at - 1].kind is Kind.BREAK
    ends = end == len(tokens) or tokens[end].kind in (Kind.BREAK, Kind.STOP)
    return end if mark == "=" or (mark == ":" and begins and ends) else 0


def _words(*said: str) -> list[Token]:
    return [Token(Kind.WORD, each, 0, 0, each) for each in said]


def _is_of_life(said: Found) -> bool:
    return said.meaning.startswith("proof_of_life=")


def _any_else(wanted: Sequence[Found], around: Sequence[Found]) -> bool:
    return any(map(_is_of_life, wanted)) or any(each.meaning == "instead" for each in around)


def _is_refused(
    tokens: Sequence[Token], said: Found, found: Sequence[Found], around: Sequence[Found]
) -> bool:
    """XML instead of CSV, no longer CSV, not CSV: what is named is what is not wanted."""
    if said.at and tokens[said.at - 1].value in words("change")["not"]:
        return True
    start = max((each.end for each in found if each.end <= said.at), default=0)
    leading = [each for each in around if start <= each.at < said.at]
    refusing = [each.end for each in leading if each.meaning in _REFUSING]
    asking = [
        each.at
        for each in leading
        # “No longer want” is one word for not wanting.
        if each.meaning in _ASKING and each.at not in refusing
    ]
    return bool(refusing) and max(asking, default=-1) < refusing[-1]
