"""What is to be done with the facts of a sentence: which word belongs to which fact.

English puts most of these words before the fact (“add AS64496”), or behind it with an auxiliary
(“AS64496 was sold”); German puts them at the end. Where both would do, and say different things,
the fact is `unsure`: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.service.mailbox.reading.phrases import Found
from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.mailbox.reading.words import words

VERBS = frozenset(
    ("add", "remove", "total", "unsure", "replace", "by", "instead", "keep", "mention", "send")
)
AFTER = frozenset(("add_after", "remove_after"))
_WEAK = frozenset(("", "mention", "keep", "send"))


@dataclass(frozen=True, slots=True)
class _Verb:
    at: int
    end: int
    meaning: str
    behind: bool
    """It stands behind what it is about."""


@dataclass
class Deeds:
    """By the index of a fact what is to be done with it: a verb, or empty. last: what goes on."""

    of: dict[int, str] = field(default_factory=dict)
    last: str = ""


def deeds(
    tokens: Sequence[Token], facts: Sequence[int], found: Sequence[Found], before: str
) -> Deeds:
    """Give each fact its verb. before: the verb of the sentence before, if this one goes on."""
    verbs = [_verb(tokens, each) for each in found if each.meaning in VERBS | AFTER]
    state = _State(tokens, before)
    at = 0
    for fact in facts:
        while at < len(verbs) and verbs[at].at < fact:
            state.verb(verbs[at])
            at += 1
        state.fact(fact)
    for each in verbs[at:]:
        state.verb(each)
    return state.done()


def _verb(tokens: Sequence[Token], found: Found) -> _Verb:
    meaning = found.meaning.removesuffix("_after")
    here = found.at - 1
    while here >= 0 and tokens[here].value in words("change")["adverb"]:
        here -= 1
    previous = tokens[here].value if here >= 0 else ""
    behind = found.meaning in AFTER or previous in words("change")["auxiliary"]
    near = {each.value for each in tokens[max(0, found.at - 2) : found.at]}
    if meaning in ("add", "remove", "replace") and near & set(words("change")["not"]):
        meaning = "unsure"
    return _Verb(found.at, found.end, meaning, behind and meaning not in ("by", "instead"))


class _State:
    """Where we are in a sentence."""

    def __init__(self, tokens: Sequence[Token], before: str) -> None:
        self._tokens = tokens
        self._current = before
        self._deeds = Deeds(last=before)
        self._group: list[int] = []
        self._waiting: tuple[list[int], str] = ([], "")
        """Facts without a verb, and the one behind them, if it gets no facts of its own."""

    def fact(self, at: int) -> None:
        """Take in a fact."""
        self._waiting = ([], "")
        self._group.append(at)
        self._deeds.of[at] = self._current

    def verb(self, verb: _Verb) -> None:
        """Take in a verb."""
        self._claim_waiting()
        if verb.meaning == "by":
            if self._current == "replace":
                self._next("replaced_by")
        elif verb.meaning == "instead":
            for each in self._group:
                if self._deeds.of[each] in _WEAK | {"add"}:
                    self._deeds.of[each] = "add"
            self._next("remove")
        elif self._is_kept(verb):
            return
        elif self._group and (verb.behind or (verb.meaning == "keep" and self._current in _WEAK)):
            self._claim_behind(verb)
            self._next("")
        elif self._group and self._current in _WEAK:
            self._waiting = (self._group, verb.meaning)
            self._next(verb.meaning)
        else:
            self._next(verb.meaning)

    def _is_kept(self, verb: _Verb) -> bool:
        """Perhaps we add; stop sending: the first word decides as long as no fact came between."""
        if self._group:
            return False
        return self._current == "unsure" or (
            verb.meaning == "send" and self._current in ("add", "remove")
        )

    def _next(self, meaning: str) -> None:
        self._current = meaning
        self._group = []
        if meaning:
            self._deeds.last = meaning

    def _claim_waiting(self) -> None:
        facts, meaning = self._waiting
        for each in facts:
            if self._deeds.of[each] in _WEAK:
                self._deeds.of[each] = meaning
        self._waiting = ([], "")

    def _claim_behind(self, verb: _Verb) -> None:
        if self._current in _WEAK or self._current == verb.meaning:
            claimed = self._group
        else:
            claimed = self._after_boundary(verb)
            if not claimed:
                for each in self._group:
                    self._deeds.of[each] = "unsure"
        for each in claimed:
            self._deeds.of[each] = verb.meaning

    def _after_boundary(self, verb: _Verb) -> list[int]:
        """The facts of the group behind its last `;`, `but` or `while`."""
        boundary = max(
            (
                i
                for i in range(self._group[0], verb.at)
                if self._tokens[i].text == ";"
                or self._tokens[i].value in words("change")["boundary"]
            ),
            default=-1,
        )
        return [each for each in self._group if each > boundary] if boundary >= 0 else []

    def done(self) -> Deeds:
        """The deeds of the whole sentence."""
        self._claim_waiting()
        said = self._deeds.of.values()
        whole = "replace" in said and "replaced_by" in said
        for each, meaning in self._deeds.of.items():
            if meaning in ("replace", "replaced_by"):
                exchanged = "remove" if meaning == "replace" else "add"
                self._deeds.of[each] = exchanged if whole else "unsure"
        if self._deeds.last in ("replace", "replaced_by", "by"):
            self._deeds.last = ""
        return self._deeds


def facts_of(tokens: Sequence[Token], kinds: frozenset[Kind]) -> list[int]:
    """Indices of the tokens of some kinds."""
    return [at for at, each in enumerate(tokens) if each.kind in kinds]
