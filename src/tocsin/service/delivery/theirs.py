"""How much of reports is still their lists', the brake and recalls taken into account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tocsin.service.delivery.content import share_of
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.standing import NOTHING, Share, Standing, night_lists, standings
from tocsin.service.subscribers.models import MailingList


def standing_of(
    reports: Iterable[Report], lists: Mapping[int, MailingList], now: dt.datetime
) -> dict[int, Standing]:
    """By key of the report (with its night loaded); without those of which nothing is left.

    Lists come with their organisation loaded.
    """
    found = list(reports)
    stand = standings(night_lists(found), lists.values(), now)
    told = {}
    for each in found:
        standing = stand.get((each.night_id, each.list), NOTHING)
        told[each.pk] = replace(standing, share=share_of(each, standing))
    return {key: each for key, each in told.items() if each.share is not Share.NOTHING}
