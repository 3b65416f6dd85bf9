"""Reading what people say of a judgement, before it is kept. Errors are UsageErrors."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from typing import Final

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.classify.declared import rule_of
from tocsin.engine.judgements.values import Judgement, Kind, What
from tocsin.model.address import V4_BITS, V4_OFFSET, Network, parse_network
from tocsin.model.errors import UsageError

_LONGEST: Final = 500
_SHORT_ID: Final = 8
"""So many characters of ids are listed."""
_BROADEST_V4, _BROADEST_V6 = 8, 16
_MAPPED: Final = Network(V4_OFFSET, V4_BITS)


def new_judgement(
    kind: Kind,
    what: What,
    value: str,
    *,
    owner: str,
    reason: str,
    now: dt.datetime,
    end: dt.datetime,
    start: dt.datetime | None = None,
    catalogue: Catalogue,
) -> Judgement:
    """A judgement out of what somebody said; UsageError for what cannot be meant."""
    _check_span(kind, start, end, now)
    return Judgement(
        id="",
        kind=kind,
        what=what,
        value=_value(kind, what, value, catalogue),
        owner=checked_words("owner", owner),
        reason=checked_words("reason", reason),
        made=now,
        start=start,
        end=end,
    )


def _check_span(kind: Kind, start: dt.datetime | None, end: dt.datetime, now: dt.datetime) -> None:
    if start is not None and start >= end:
        raise UsageError(
            f"the span ends at {end:%Y-%m-%d %H:%M}, which is not after its beginning",
            todo="let --from name the earlier moment, and --to the later one",
        )
    if kind is not Kind.DISTRUST and end <= now:
        word = "--until" if kind is Kind.HOLD else "--expires"
        raise UsageError(
            f"{word} {end:%Y-%m-%d %H:%M} UTC is over already",
            todo="name a moment to come",
        )


def checked_words(what: str, text: str) -> str:
    """A name or a reason as it is kept; UsageError if it is not one line of text."""
    words = text.strip()
    if not words or len(words) > _LONGEST or not words.isprintable():
        raise UsageError(
            f"the {what} is empty, too long, or no line of text",
            todo=f"say --{what} in up to {_LONGEST} characters",
        )
    return words


def _value(kind: Kind, what: What, text: str, catalogue: Catalogue) -> str:
    if what is What.ADDRESS:
        return _address(text)
    if what is What.RULE:
        rule = _rule(text, catalogue)
        if kind is Kind.HOLD:
            _check_makes_records(rule, catalogue)
        return rule
    if what is What.EVENT:
        return _event(text)
    if what is What.SOURCE:
        return _source(text, catalogue)
    said = checked_words(what.value, text)
    # Names of sensors count to the letter, words of campaigns do not.
    return said if what is What.SENSOR else said.lower()


def _address(text: str) -> str:
    try:
        network = parse_network(text.strip())
    except ValueError as error:
        raise UsageError(
            str(error), todo="name an address or a prefix, such as 192.0.2.7 or 2001:db8::/48"
        ) from None
    broadest = V4_BITS + _BROADEST_V4 if network.is_v4 else _BROADEST_V6
    if network.length < broadest or (not network.is_v4 and network.covers(_MAPPED)):
        raise UsageError(
            f"{network} is more than one judgement may be about",
            todo=f"name prefixes of at least /{_BROADEST_V4}, of IPv6 /{_BROADEST_V6}",
        )
    return str(network)


def _rule(text: str, catalogue: Catalogue) -> str:
    """A rule's id, also as `_rule` and `tocsin explain` say it, with the version behind `@`.

    How an id begins will do, as `tocsin rules list` shows it.
    """
    wanted = text.strip().partition("@")[0]
    known = known_rules(catalogue)
    if wanted in known:
        return wanted
    begun = sorted(each for each in known if len(wanted) >= _SHORT_ID and each.startswith(wanted))
    if len(begun) == 1:
        return begun[0]
    if begun:
        what = f"{len(begun)} rules have an id that begins with {wanted!r}"
        raise UsageError(what, todo=f"say more of one: {', '.join(begun[:_SHORT_ID])}")
    near = difflib.get_close_matches(wanted, known, n=1)
    listed = "tocsin rules list names them; tocsin explain tells the rule of a row"
    hint = f"{near[0]} was meant?" if near else listed
    raise UsageError(f"there is no rule {wanted!r}", todo=hint)


def _check_makes_records(wanted: str, catalogue: Catalogue) -> None:
    """Observations go to nobody, so that none can be held back."""
    rule = next((each for each in catalogue.rules if each.id == wanted), None)
    if rule is None or rule.report_types:
        return
    readers = [each.id for each in catalogue.correlations if wanted in each.rules]
    raise UsageError(
        f"the rule {wanted} makes no records, only observations for correlations",
        todo=f"hold what correlates them: {', '.join(readers) or 'nothing does'}",
    )


def known_rules(catalogue: Catalogue) -> frozenset[str]:
    """What may stand in `_rule` before its version: ids of rules, and what sources declare."""
    ids = {rule.id for rule in catalogue.rules} | {each.id for each in catalogue.correlations}
    return frozenset(ids | {rule_of(source) for source in catalogue.sources.values()})


def _source(text: str, catalogue: Catalogue) -> str:
    wanted = text.strip()
    if wanted not in catalogue.sources:
        raise UsageError(
            f"there is no source {wanted!r}", todo="tocsin catalogue sources names those that are"
        )
    return wanted


def _event(text: str) -> str:
    wanted = text.strip().lower().replace("-", "")
    if not re.fullmatch("[0-9a-f]{32}", wanted):
        raise UsageError(
            f"{text!r} is no event's id",
            todo="name its 32 hexadecimal digits, as tocsin explain shows them",
        )
    return wanted
