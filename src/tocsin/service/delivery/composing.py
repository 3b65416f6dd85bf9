"""Composing the messages of a batch: what the database knows is asked for all of them at once.

Whether a delivery may still go out is looked at here, at the last moment before it is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.mail import EmailMessage

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import installation
from tocsin.service.delivery.compose.body import Stranger
from tocsin.service.delivery.compose.correction import Correction, correction
from tocsin.service.delivery.compose.facts import Links, Made, ReportFacts, Told, facts_of
from tocsin.service.delivery.compose.message import Parts, language_of, message_of
from tocsin.service.delivery.compose.proof_of_life import proof_of_life
from tocsin.service.delivery.compose.trend import Trend
from tocsin.service.delivery.content import Content, Gone, content_of
from tocsin.service.delivery.files import FOR_STRANGERS, Files, Preference, attachments, within
from tocsin.service.delivery.links import Holder, address_of, links_for
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryForm,
    DeliveryKind,
    NightList,
    Report,
)
from tocsin.service.delivery.planning import addressees_of
from tocsin.service.delivery.protections import Protections
from tocsin.service.delivery.recalled import Recalled, counts_of, each_once, recalled_of
from tocsin.service.delivery.standing import NOTHING, Standing, is_valid, standings
from tocsin.service.delivery.stranger_claims import claim_link
from tocsin.service.delivery.strangers import Strangers
from tocsin.service.delivery.trends import trends_of
from tocsin.service.languages import Words, words
from tocsin.service.subscribers.abuse_contacts.subscriptions import is_automatic
from tocsin.service.subscribers.cases.objection_links import objection_link
from tocsin.service.subscribers.models import Contact, ContactState, ListMode, MailingList
from tocsin.service.subscribers.models.mailing_list import ProofOfLife, ReportFormat
from tocsin.service.subscribers.recipients.dead_addresses import dead_among
from tocsin.service.subscribers.recipients.membership import SENT_TO, one_click, unsubscribe_headers

_KEPT = 64 << 10
"""Bytes up to which a report with columns appended is kept for the other messages of a batch."""

_WITH_LINKS = (DeliveryKind.REPORT, DeliveryKind.DIGEST)


@dataclass(slots=True)
class Composer:
    """All that the messages of a batch need of the database, and the catalogue."""

    catalogue: Catalogue
    reports: dict[int, Report]
    standing: dict[tuple[int, int], Standing]
    links: dict[tuple[int, str], str]
    trends: Mapping[int, Trend]
    strangers: Strangers
    files: Files
    protections: Protections
    recalled: Mapping[tuple[int, int], int]
    dropped: dict[int, str]
    longer: dict[int, Content] = field(default_factory=dict)

    @classmethod
    def of(cls, deliveries: Sequence[Delivery], now: dt.datetime) -> Composer:
        """Ask for it, and make the links. In the caller's transaction."""
        numbers = {number for each in deliveries for number in each.reports}
        rows = Report.objects.filter(pk__in=numbers).select_related("night")
        reports = {each.pk: each for each in rows}
        then = _night_lists(reports.values())
        lists = {each.list.pk: each.list for each in deliveries if each.list is not None}
        strangers = Strangers.of(then, now)
        of_lists = [each for each in then if not is_automatic(each.list)]
        dropped = {
            each.pk: why
            for each in deliveries
            if (why := strangers.why_not(each) if each.list is None else why_not(each, now))
        }
        dead = dead_among(each.address for each in deliveries)
        dropped |= {each.pk: "address_dead" for each in deliveries if each.address in dead}
        held = [
            (reports[number], holder_of(each))
            for each in deliveries
            if each.pk not in dropped and each.kind in _WITH_LINKS
            for number in each.reports
        ]
        catalogue = home_catalogue(installation.home())
        standing = standings(of_lists, lists.values(), now) | strangers.standing
        for each in standing.values():
            each.extra.load()
        return cls(
            catalogue=catalogue,
            reports=reports,
            standing=standing,
            links=links_for(held, now),
            trends=trends_of(
                list(reports.values()),
                {each.list: each.organisation for each in then},
                {number: each.valid_from.date() for number, each in lists.items()},
            ),
            strangers=strangers,
            files=Files(catalogue, installation.configuration().delivery.largest_attachment),
            protections=Protections.of(deliveries, now),
            recalled=counts_of(deliveries),
            dropped=dropped,
        )

    def message(self, delivery: Delivery) -> EmailMessage | None:
        """The message as it has to be protected; None if it may not go out (any more)."""
        message = None if delivery.pk in self.dropped else self._plain(delivery)
        return self.protections.protected(message, delivery) if message is not None else None

    def _plain(self, delivery: Delivery) -> EmailMessage | None:
        if delivery.kind == DeliveryKind.CORRECTION:
            return self._correction(delivery)
        if delivery.kind == DeliveryKind.PROOF:
            return proof_of_life(delivery, _leave(delivery))
        found = [
            (each, content) for each in self._reports(delivery) if (content := self._content(each))
        ]
        if not found:
            self.dropped[delivery.pk] = "nothing_left"
            return None
        wanted = _preference(delivery)
        files = [self.files.of(report, content, wanted) for report, content in found]
        made = within(files, self.files.most)
        stranger = self._stranger(delivery, [report for report, _ in found])
        said = words(language_of(delivery, stranger))
        facts = [
            self._facts(delivery, report, content, file, said)
            for (report, content), file in zip(found, made, strict=True)
        ]
        return message_of(
            delivery, Parts(facts, attachments(made), _unsubscribe(delivery, stranger), stranger)
        )

    def _correction(self, delivery: Delivery) -> EmailMessage | None:
        reports = self._reports(delivery)
        found = each_once(one for each in reports if (one := self._recalled(delivery, each)))
        if not found:
            self.dropped[delivery.pk] = "nothing_left"
            return None
        stranger = self._stranger(delivery, reports)
        said = Correction(found, _preference(delivery), _unsubscribe(delivery, stranger), stranger)
        return correction(delivery, said)

    def _recalled(self, delivery: Delivery, report: Report) -> Recalled | None:
        recall = delivery.recall
        if recall is None:
            return None
        standing = self.standing.get((report.night_id, report.list), NOTHING)
        count = self.recalled.get((recall.pk, report.pk), 0)
        return recalled_of(report, standing, recall, count)

    def why_not(self, delivery: Delivery) -> str:
        """Why it may not go out."""
        return self.dropped.get(delivery.pk, "")

    def _reports(self, delivery: Delivery) -> list[Report]:
        # Those of a correction are of several days: some may have been pruned meanwhile.
        reports = [self.reports[each] for each in delivery.reports if each in self.reports]
        if delivery.list is not None:
            return reports
        return [each for each in reports if self.strangers.is_told(delivery, each)]

    def _content(self, report: Report) -> Content | None:
        held = self.longer.get(report.pk)
        if held is not None:
            return held
        try:
            found = content_of(report, self.standing.get((report.night_id, report.list), NOTHING))
        except Gone:
            return None
        # What is appended takes longer than a message: it is done once for all recipients.
        if found is not None and found.longer is not None and found.size <= _KEPT:
            self.longer[report.pk] = found
        return found

    def _facts(
        self, delivery: Delivery, report: Report, content: Content, made: Made, said: Words
    ) -> ReportFacts:
        link = self.links[report.pk, holder_of(delivery).name]
        portal = installation.configuration().service.address
        described = f"{portal}/types/{report.report_type}"
        links = Links(address_of(link), described, _objection(delivery, report))
        told = Told(
            file=report.file,
            type=report.report_type,
            day=report.day,
            delayed=report.delayed,
            partial=report.night.partial,
            events=content.rows,
            size=content.size,
        )
        return facts_of(told, links, made, self.trends.get(report.pk), self.catalogue, said)

    def _stranger(self, delivery: Delivery, reports: Sequence[Report]) -> Stranger | None:
        return self.strangers.stranger(delivery, reports) if delivery.list is None else None


def _night_lists(reports: Collection[Report]) -> list[NightList]:
    """With which networks the nights of reports made them; others of the same nights as well."""
    nights = {each.night_id for each in reports}
    numbers = {each.list for each in reports}
    return list(NightList.objects.filter(night__in=nights, list__in=numbers))


def _preference(delivery: Delivery) -> Preference:
    links_only = delivery.recipient is not None and delivery.recipient.links_only
    if links_only or delivery.form == DeliveryForm.LINK:
        return Preference(ReportFormat.LINK, compressed=False)
    if delivery.list is None:
        return FOR_STRANGERS
    return Preference(delivery.list.format, delivery.list.compressed)


def _unsubscribe(delivery: Delivery, stranger: Stranger | None) -> dict[str, str]:
    if stranger is not None:
        return one_click(stranger.opt_out) if stranger.opt_out else {}
    recipient = delivery.recipient
    return unsubscribe_headers(recipient) if recipient is not None else {}


def _objection(delivery: Delivery, report: Report) -> str:
    """Where the reader says that rows are wrong, or fixed; "" in a copy for somebody else."""
    if delivery.list is not None:
        return objection_link(delivery.list, report.file, delivery.recipient)
    contact = delivery.contact
    is_theirs = contact is not None and contact.address == delivery.address
    return claim_link(report, contact) if contact is not None and is_theirs else ""


def _leave(delivery: Delivery) -> dict[str, str]:
    """The headers by which a person leaves."""
    return unsubscribe_headers(delivery.recipient) if delivery.recipient is not None else {}


def holder_of(delivery: Delivery) -> Holder:
    """Whose links the message has."""
    if delivery.recipient is not None:
        return Holder.of_recipient(delivery.recipient)
    if delivery.list is not None:
        return Holder.of_tester(delivery.list)
    assert delivery.contact is not None  # noqa: S101 - without one it has been dropped
    return Holder.of_contact(delivery.contact)


def why_not(delivery: Delivery, now: dt.datetime) -> str:
    """Why a delivery to a list may not go out now; "" if it may."""
    mailing_list, recipient = delivery.list, delivery.recipient
    if mailing_list is None or not is_valid(mailing_list, now):
        return "list_over"
    if delivery.person is not None:
        # What they have fetched, whatever is mailed to the list.
        return "" if _is_theirs(delivery.person, mailing_list) else "person_gone"
    if mailing_list.mode == ListMode.SHADOW:
        return "shadow"
    if delivery.kind == DeliveryKind.PROOF and mailing_list.proof_of_life == ProofOfLife.NEVER:
        return "not_wanted"
    if recipient is not None and mailing_list.mode == ListMode.LIVE:
        good = recipient.state in SENT_TO and recipient.active_from <= now
        return "" if good else "recipient_gone"
    # Redirected, or live again: who was meant then may not be meant now.
    meant = {each.address for each in addressees_of(mailing_list, now) if each.recipient is None}
    return "" if recipient is None and delivery.address in meant else "redirected"


def _is_theirs(person: Contact, mailing_list: MailingList) -> bool:
    same = person.organisation_id == mailing_list.organisation_id
    return same and person.state == ContactState.ACTIVE
