"""Composing the messages of a batch: what the database knows is asked for all of them at once.

Whether a delivery may still go out is looked at here, at the last moment before it is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.mail import EmailMessage

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import installation
from tocsin.service.delivery.compose.attachment import Attachment, plain, zipped
from tocsin.service.delivery.compose.facts import ReportFacts, facts_of
from tocsin.service.delivery.compose.message import Parts, message_of
from tocsin.service.delivery.content import Content, Gone, content_of
from tocsin.service.delivery.links import Holder, address_of, links_for
from tocsin.service.delivery.models import Delivery, NightList, Report
from tocsin.service.delivery.planning import addressees_of
from tocsin.service.delivery.standing import NOTHING, Standing, is_valid, standings
from tocsin.service.subscribers.dead_addresses import dead_among
from tocsin.service.subscribers.models import ListMode
from tocsin.service.subscribers.models.mailing_list import ReportFormat
from tocsin.service.subscribers.objection_links import objection_link
from tocsin.service.subscribers.recipients import SENT_TO, unsubscribe_headers


@dataclass(slots=True)
class Composer:
    """All that the messages of a batch need of the database, and the catalogue."""

    catalogue: Catalogue
    reports: dict[int, Report]
    standing: dict[tuple[int, int], Standing]
    links: dict[tuple[int, str], str]
    dropped: dict[int, str]

    @classmethod
    def of(cls, deliveries: Sequence[Delivery], now: dt.datetime) -> Composer:
        """Ask for it, and make the links. In the caller's transaction."""
        numbers = {number for each in deliveries for number in each.reports}
        rows = Report.objects.filter(pk__in=numbers).select_related("night")
        reports = {each.pk: each for each in rows}
        nights = {each.night_id for each in reports.values()}
        lists = {each.list.pk: each.list for each in deliveries if each.list is not None}
        then = NightList.objects.filter(night__in=nights, list__in=list(lists))
        dropped = {each.pk: why for each in deliveries if (why := why_not(each, now))}
        dead = dead_among(each.address for each in deliveries)
        dropped |= {each.pk: "address_dead" for each in deliveries if each.address in dead}
        held = [
            (reports[number], holder_of(each))
            for each in deliveries
            if each.pk not in dropped
            for number in each.reports
        ]
        return cls(
            catalogue=home_catalogue(installation.home()),
            reports=reports,
            standing=standings(then, lists.values(), now),
            links=links_for(held, now),
            dropped=dropped,
        )

    def message(self, delivery: Delivery) -> EmailMessage | None:
        """The message; None if it may not go out (any more)."""
        if delivery.pk in self.dropped:
            return None
        contents = [
            (each, content) for each in self._reports(delivery) if (content := self._content(each))
        ]
        if not contents:
            self.dropped[delivery.pk] = "nothing_left"
            return None
        facts = [self._facts(delivery, report, content) for report, content in contents]
        recipient = delivery.recipient
        return message_of(
            delivery,
            Parts(
                reports=facts,
                attachments=self._attachments(delivery, [content for _, content in contents]),
                unsubscribe=unsubscribe_headers(recipient) if recipient is not None else {},
            ),
        )

    def why_not(self, delivery: Delivery) -> str:
        """Why it may not go out."""
        return self.dropped.get(delivery.pk, "")

    def _reports(self, delivery: Delivery) -> list[Report]:
        return [self.reports[number] for number in delivery.reports]

    def _content(self, report: Report) -> Content | None:
        try:
            return content_of(report, self.standing.get((report.night_id, report.list), NOTHING))
        except Gone:
            return None

    def _facts(self, delivery: Delivery, report: Report, content: Content) -> ReportFacts:
        assert delivery.list is not None  # noqa: S101 - looked at before
        link = self.links[report.pk, holder_of(delivery).name]
        objection = objection_link(delivery.list, report.file, delivery.recipient)
        return facts_of(report, content, address_of(link), objection, self.catalogue)

    def _attachments(self, delivery: Delivery, contents: Sequence[Content]) -> list[Attachment]:
        assert delivery.list is not None  # noqa: S101 - looked at before
        links_only = delivery.recipient is not None and delivery.recipient.links_only
        if links_only or delivery.list.format == ReportFormat.LINK:
            return []
        made = zipped if delivery.list.compressed else plain
        return [made(each.file, each.whole()) for each in contents]


def holder_of(delivery: Delivery) -> Holder:
    """Whose links the message has."""
    if delivery.recipient is not None:
        return Holder.of_recipient(delivery.recipient)
    assert delivery.list is not None  # noqa: S101 - of a contact there is no such message
    return Holder.of_tester(delivery.list)


def why_not(delivery: Delivery, now: dt.datetime) -> str:
    """Why a delivery to a list may not go out now; "" if it may."""
    mailing_list, recipient = delivery.list, delivery.recipient
    if mailing_list is None or not is_valid(mailing_list, now):
        return "list_over"
    if mailing_list.mode == ListMode.SHADOW:
        return "shadow"
    if recipient is not None and mailing_list.mode == ListMode.LIVE:
        good = recipient.state in SENT_TO and recipient.active_from <= now
        return "" if good else "recipient_gone"
    # Redirected, or live again: who was meant then may not be meant now.
    meant = {each.address for each in addressees_of(mailing_list, now) if each.recipient is None}
    return "" if recipient is None and delivery.address in meant else "redirected"
