"""Reports with links, as a night leaves them, without running one: rows, and packs on disk."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

from django.db import transaction

from tocsin.engine.nightly.package import Package
from tocsin.service import installation
from tocsin.service.delivery.links import Holder, links_for
from tocsin.service.delivery.models import Night, NightList, NightState, Outcome, Report
from tocsin.service.subscribers.models import (
    MailingList,
    Network,
    Organisation,
    Proof,
    ProofMethod,
    Recipient,
    RecipientKind,
    RecipientState,
)

DAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
AFTER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""A long time after any run of the bench: these proofs hold."""

_LINE = b'"2026-11-22 00:00:07","tcp","192.0.2.10",49152,64496,"XA","critical","example-bot"\n'


@transaction.atomic
def fill(lists: int, reports_each: int, rows: int) -> Iterator[str]:
    """Make so many organisations with a list, a recipient, and so many reports; ids of the links.

    rows: lines of a report, 90 bytes each.
    """
    night = Night.objects.create(
        day=DAY, revision=1, state=NightState.CHECKED, manifest="0" * 64, taken_at=NOW
    )
    recipients = [_subscriber(night, number) for number in range(lists)]
    for number in range(reports_each):
        reports = _reports(night, f"type_{number}", recipients, rows)
        held = [
            (report, Holder.of_recipient(recipient))
            for report, recipient in zip(reports, recipients, strict=True)
        ]
        yield from links_for(held, NOW).values()


def _subscriber(night: Night, number: int) -> Recipient:
    organisation = Organisation.objects.create(
        slug=f"organisation-{number}",
        name=f"Organisation {number}",
        founded_at=NOW,
        mail_domains=["example.net"],
    )
    value = str(4_200_000_000 + number)
    network = Network.objects.create(
        organisation=organisation, kind="asn", value=value, valid_from=NOW
    )
    Proof.objects.create(network=network, method=ProofMethod.STAFF, made_at=NOW, ends_at=AFTER)
    mailing_list = MailingList.objects.create(
        organisation=organisation,
        name=f"list-{number}",
        filter="asn",
        mode="live",
        valid_from=NOW,
    )
    NightList.objects.create(
        night=night, list=mailing_list.pk, organisation=organisation.slug, networks=[f"asn {value}"]
    )
    return Recipient.objects.create(
        list=mailing_list,
        address=f"noc@o{number}.example.net",
        kind=RecipientKind.PERSON,
        state=RecipientState.ACTIVE,
        active_from=NOW,
        since=NOW,
    )


def _reports(night: Night, kind: str, recipients: list[Recipient], rows: int) -> list[Report]:
    """A report of a type for each list, in a pack that is on disk."""
    contents = [f'"list","{each.list_id}"\n'.encode() + _LINE * rows for each in recipients]
    pack = Package(installation.home().root, night.day, night.revision).path / f"packs/{kind}.pack"
    pack.parent.mkdir(parents=True, exist_ok=True)
    pack.write_bytes(b"".join(contents))
    reports, offset = [], 0
    for recipient, content in zip(recipients, contents, strict=True):
        reports.append(
            Report(
                night=night,
                day=night.day,
                list=recipient.list_id,
                report_type=kind,
                file=f"{night.day}-{kind}-{recipient.list}.csv",
                rows=rows,
                bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                pack=f"packs/{kind}.pack",
                offset=offset,
                outcome=Outcome.PLANNED,
            )
        )
        offset += len(content)
    return Report.objects.bulk_create(reports, batch_size=500)
