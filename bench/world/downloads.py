"""Reports with links, as a night leaves them, without running one: rows, and packs on disk."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field

from django.db import transaction

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.nightly.package import Package
from tocsin.service import installation, keyring
from tocsin.service.api import keys
from tocsin.service.api.models import ApiKey
from tocsin.service.api.signature import signature
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
_FIRST_ASN = 4_200_000_000
AFTER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""A long time after any run of the bench: these proofs hold."""

_HEADER = b'"timestamp","protocol","src_ip","src_port","src_asn","src_geo","severity","infection"\n'
_LINE = b'"2026-11-22 00:00:07","tcp","192.0.2.10",49152,64496,"XA","critical","example-bot-%d"\n'


@dataclass
class Requests:
    """What may be asked, a line each: a path, or path, signature and body with tabs between.

    links: of mails. polls: lists of the reports of all days, by each key. downloads: by these keys.
    """

    links: list[str] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Subscriber:
    """A recipient of a list, and a key that reads that list."""

    recipient: Recipient
    key: ApiKey

    def call(self, method: str, **said: str) -> str:
        """A call by the key, as a line."""
        body = json.dumps({**said, "apikey": self.key.key_id})
        signed = signature(keys.secret_of(self.key), body.encode())
        return f"/api2/{method}\t{signed}\t{body}"


@transaction.atomic
def fill(lists: int, kinds: int, rows: int, days: int) -> Requests:
    """Make so many organisations with a list, a recipient, a key and reports of so many types and
    days, and what to ask for.

    rows: lines of a report, 90 bytes each.
    """
    subscribers = [_subscriber(number) for number in range(lists)]
    span = f"{DAY - dt.timedelta(days - 1)}:{DAY}"
    asked = Requests(polls=[each.call("reports/list", date=span) for each in subscribers])
    names = sorted(home_catalogue(installation.home()).report_types)[:kinds]
    for before in range(days):
        night = _night(DAY - dt.timedelta(before), subscribers)
        for name in names:
            _ask(asked, subscribers, _reports(night, name, subscribers, rows))
    return asked


def _ask(asked: Requests, subscribers: list[_Subscriber], reports: list[Report]) -> None:
    pairs = list(zip(subscribers, reports, strict=True))
    mailed = [(report, Holder.of_recipient(each.recipient)) for each, report in pairs]
    asked.links += [f"/dl/{each}" for each in links_for(mailed, NOW).values()]
    polled = [(report, Holder.of_key(each.key.pk)) for each, report in pairs]
    ids = links_for(polled, NOW).values()
    asked.downloads += [
        each.call("reports/download", id=link) for each, link in zip(subscribers, ids, strict=True)
    ]


def _night(day: dt.date, subscribers: list[_Subscriber]) -> Night:
    night = Night.objects.create(
        day=day, revision=1, state=NightState.CHECKED, manifest="0" * 64, taken_at=NOW
    )
    lists = [each.recipient.list for each in subscribers]
    NightList.objects.bulk_create(
        NightList(
            night=night,
            list=each.pk,
            organisation=each.organisation.slug,
            networks=[f"asn {_FIRST_ASN + number}"],
        )
        for number, each in enumerate(lists)
    )
    return night


def _subscriber(number: int) -> _Subscriber:
    organisation = Organisation.objects.create(
        slug=f"organisation-{number}",
        name=f"Organisation {number}",
        founded_at=NOW,
        mail_domains=["example.net"],
    )
    network = Network.objects.create(
        organisation=organisation, kind="asn", value=str(_FIRST_ASN + number), valid_from=NOW
    )
    Proof.objects.create(network=network, method=ProofMethod.STAFF, made_at=NOW, ends_at=AFTER)
    mailing_list = MailingList.objects.create(
        organisation=organisation,
        name=f"list-{number}",
        filter="asn",
        mode="live",
        valid_from=NOW,
    )
    recipient = Recipient.objects.create(
        list=mailing_list,
        address=f"noc@o{number}.example.net",
        kind=RecipientKind.PERSON,
        state=RecipientState.ACTIVE,
        active_from=NOW,
        since=NOW,
    )
    return _Subscriber(recipient, _key(organisation, number))


def _key(organisation: Organisation, number: int) -> ApiKey:
    return ApiKey.objects.create(
        key_id=f"bench{number:019d}",
        organisation=organisation,
        name="poller",
        groups=[keys.REPORTS],
        secret_number=keyring.newest(),
        made_by="bench",
        made_at=NOW,
    )


def _reports(night: Night, kind: str, subscribers: list[_Subscriber], rows: int) -> list[Report]:
    """A report of a type for each list, in a pack that is on disk."""
    recipients = [each.recipient for each in subscribers]
    contents = [_HEADER + _LINE % each.list_id * rows for each in recipients]
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
