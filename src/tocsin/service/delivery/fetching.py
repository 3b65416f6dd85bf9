"""Fetching a report: by a link, or by somebody who is signed in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from tocsin.service.delivery.content import Content, Gone, content_of, is_kept
from tocsin.service.delivery.links import found_link, still_holds
from tocsin.service.delivery.models import NightList, Report
from tocsin.service.delivery.shown import is_shown
from tocsin.service.delivery.standing import NOTHING, is_valid, standings
from tocsin.service.subscribers.abuse_contacts.subscriptions import is_automatic
from tocsin.service.subscribers.models import MailingList
from tocsin.service.subscribers.one_row import one_of

_NONE = 0
"""The key of nothing."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A report (with its night) and its bytes; None for both: there is none, for whoever asks.

    holder: whose link it is.
    """

    report: Report | None = None
    content: Content | None = None
    holder: str = ""


def by_link(said: str, now: dt.datetime) -> Fetched:
    """What is behind an id; Gone if it was there and is not kept.

    An id that never was, one that is void, and one of a list that is over are told apart by
    nothing: the same queries are made for all of them.
    """
    link = found_link(said)
    report = link.report if link is not None else None
    mailing_list = _list(report.list if report is not None else _NONE)
    then = _then(report)
    if link is None or not still_holds(link, mailing_list):
        return Fetched()
    return replace(_fetched(link.report, mailing_list, then, now), holder=link.holder)


def by_report(report: Report, now: dt.datetime) -> Fetched:
    """A report (with its night) that somebody may see; Gone as above."""
    return _fetched(report, _list(report.list), _then(report), now)


def _list(number: int) -> MailingList | None:
    return one_of(MailingList.objects.filter(pk=number).select_related("organisation"))


def _then(report: Report | None) -> list[NightList]:
    night, number = (report.night_id, report.list) if report is not None else (_NONE, _NONE)
    found = list(NightList.objects.filter(night=night, list=number))
    for each in found:
        if report is not None:
            each.night = report.night
    return found


def _fetched(
    report: Report, mailing_list: MailingList | None, then: list[NightList], now: dt.datetime
) -> Fetched:
    if not _is_there(report, mailing_list, now) or not is_shown(report):
        return Fetched()
    if not is_kept(report):
        raise Gone
    lists = [mailing_list] if mailing_list is not None else []
    found = standings(then, lists, now)
    content = content_of(report, found.get((report.night_id, report.list), NOTHING))
    return Fetched(report, content) if content is not None else Fetched()


def _is_there(report: Report, mailing_list: MailingList | None, now: dt.datetime) -> bool:
    """Whether the list of a report still is; those of contacts stand in no table."""
    if mailing_list is None:
        return is_automatic(report.list)
    return is_valid(mailing_list, now)
