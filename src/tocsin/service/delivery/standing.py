"""What of a report may be sent, or fetched, now: the night has been, and the world goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tocsin.engine.nightly.subscribers import ReportList
from tocsin.service.delivery.brake.withheld import Cuts, cuts_of
from tocsin.service.delivery.contact_standing import contact_standings
from tocsin.service.delivery.extra import NO_EXTRA, extras_of
from tocsin.service.delivery.models import NightList
from tocsin.service.delivery.network_words import network_words
from tocsin.service.delivery.share import NOTHING, Share, Standing
from tocsin.service.subscribers.abuse_contacts.subscriptions import is_automatic
from tocsin.service.subscribers.lists_now import lists_now
from tocsin.service.subscribers.models import MailingList, OrganisationState

__all__ = ["NOTHING", "Share", "Standing", "is_valid", "standings"]


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
                _standing(current[made.list], set(made.networks), cuts.get(key, ())),
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


def _standing(report_list: ReportList, then: set[str], cuts: Cuts) -> Standing:
    now = set(network_words(report_list.networks))
    if not now:
        return NOTHING
    return Standing(Share.WHOLE if then <= now else Share.CUT, report_list, cuts)
