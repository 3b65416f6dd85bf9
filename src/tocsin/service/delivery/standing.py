"""What of a report may be sent, or fetched, now: the night has been, and the world goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from tocsin.engine.nightly.subscribers import ReportList
from tocsin.service.delivery.brake.withheld import Cuts, cuts_of
from tocsin.service.delivery.contact_standing import contact_standings
from tocsin.service.delivery.extra import NO_EXTRA, extras_of
from tocsin.service.delivery.models import NightList
from tocsin.service.delivery.network_words import network_words
from tocsin.service.delivery.share import NOTHING, Share, Standing
from tocsin.service.statements import Statement
from tocsin.service.subscribers.abuse_contacts.subscriptions import is_automatic
from tocsin.service.subscribers.lists.lists_now import lists_now
from tocsin.service.subscribers.models import MailingList, OrganisationState

__all__ = ["NOTHING", "Share", "Standing", "is_valid", "standings"]


_THEN = Statement(
    lambda nights, lists: NightList.objects.filter(
        night__pk__in=nights, list__in=lists
    ).select_related("night")
)


class OfNight(Protocol):
    """A report: of which night, and of which list."""

    @property
    def night_id(self) -> int:
        """The key of the night."""

    @property
    def list(self) -> int:
        """The number of the list."""


def night_lists(reports: Collection[OfNight]) -> list[NightList]:
    """With which networks nights made reports, with these nights: one query."""
    nights, lists = {each.night_id for each in reports}, {each.list for each in reports}
    return _THEN.rows(nights, lists)


def standings(
    then: Iterable[NightList],
    lists: Iterable[MailingList],
    now: dt.datetime,
    current: Mapping[int, ReportList] | None = None,
) -> dict[tuple[int, int], Standing]:
    """How lists stand now to what nights made for them, by keys of night and list.

    A night may have been made with a file of the operator's, in which a number means another list:
    the organisation has to be the same. Lists come with their organisation loaded; of those of
    contacts, which are not in the database, the night's own word is taken. current: the lists
    with the networks that they have now, if the caller has asked already.
    """
    then = list(then)
    valid = {each.pk: each for each in lists if is_valid(each, now)}
    current = lists_now(valid.values(), now) if current is None else current
    extras = extras_of(valid.values())
    cuts = cuts_of(then)
    words = {number: frozenset(network_words(each.networks)) for number, each in current.items()}
    found = {
        key: replace(each, cuts=cuts.get(key, ()))
        for key, each in contact_standings(then, now).items()
    }
    for made in then:
        if is_automatic(made.list):
            continue
        key = (made.night_id, made.list)
        same = (
            made.list in valid
            and made.list in current
            and valid[made.list].organisation.slug == made.organisation
        )
        found[key] = (
            replace(
                _standing(current[made.list], words[made.list], made, cuts.get(key, ())),
                extra=extras.get(made.list, NO_EXTRA),
            )
            if same
            else NOTHING
        )
    return found


def is_valid(mailing_list: MailingList, now: dt.datetime) -> bool:
    """Whether anything goes out for a list: it and its organisation are neither over nor frozen."""
    over = mailing_list.valid_to is not None and mailing_list.valid_to <= now
    return not over and mailing_list.organisation.state == OrganisationState.ACTIVE


def _standing(
    report_list: ReportList, words: frozenset[str], made: NightList, cuts: Cuts
) -> Standing:
    if not words:
        return NOTHING
    is_whole = words.issuperset(made.networks)
    return Standing(Share.WHOLE if is_whole else Share.CUT, report_list, cuts)
