"""A night's outbox as 12,000 lists have it: 40,000 reports in packs, each due to one recipient."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from django.db.models import Model

from tocsin.service.delivery.models import (
    Delivery,
    DeliveryKind,
    Night,
    NightList,
    NightState,
    Outcome,
    Report,
)
from tocsin.service.letters.write import message_id_of
from tocsin.service.subscribers.models import (
    ListMode,
    MailingList,
    Network,
    Organisation,
    Proof,
    ProofMethod,
    Recipient,
    RecipientKind,
    RecipientState,
)
from tocsin.service.subscribers.values import any_network

M = TypeVar("M", bound=Model)

LISTS, MAILS = 12_000, 40_000
DAY = dt.date(2026, 11, 22)
TYPES = ("event4_sinkhole", "event4_honeypot_brute_force", "scan_telnet", "spam_url")
ROWS = 12

_BEGIN = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
_END = dt.datetime(2036, 11, 1, tzinfo=dt.UTC)
_BATCH = 2_000


def fill_outbox(root: Path, mails: int, now: dt.datetime) -> None:
    """Fill an empty database and the packs of its night. mails: 4 a list at most."""
    count = min(LISTS, mails)
    lists = _lists(count)
    night = Night.objects.create(
        day=DAY, revision=1, state=NightState.CHECKED, manifest="", taken_at=now
    )
    _save(
        NightList(
            night=night,
            list=each.pk,
            organisation=each.organisation.slug,
            networks=[f"asn {_number(place)}"],
        )
        for place, each in enumerate(lists)
    )
    recipients = list(Recipient.objects.order_by("pk"))
    reports = _save(_reports(root, night, lists, mails))
    _save(
        _delivery(each, lists[place % count], recipients[place % count], now)
        for place, each in enumerate(reports)
    )


def _number(place: int) -> int:
    return 4_200_000_000 + place


def _lists(count: int) -> list[MailingList]:
    organisations = _save(
        Organisation(
            slug=f"o{number}", name=f"Example {number}", kind="owner", mail_domains=[],
            founded_at=_BEGIN,
        )
        for number in range(count)
    )  # fmt: skip
    networks = _save(
        Network(
            organisation=each,
            valid_from=_BEGIN,
            **Network.columns_of(any_network(f"AS{_number(place)}")),
        )
        for place, each in enumerate(organisations)
    )
    _save(
        Proof(network=each, method=ProofMethod.STAFF, made_at=_BEGIN, ends_at=_END)
        for each in networks
    )
    lists = _save(
        MailingList(
            organisation=each, name=each.slug, filter="asn", mode=ListMode.LIVE,
            valid_from=_BEGIN,
        )
        for each in organisations
    )  # fmt: skip
    _save(
        Recipient(
            list=each,
            address=f"noc@o{place}.example.net",
            kind=RecipientKind.PERSON,
            state=RecipientState.ACTIVE,
            active_from=_BEGIN,
            confirmed_at=_BEGIN,
            since=_BEGIN,
        )
        for place, each in enumerate(lists)
    )
    return lists


def _reports(root: Path, night: Night, lists: list[MailingList], mails: int) -> Iterator[Report]:
    """A list's turn comes again with the next type, and each type has its pack."""
    folder = root / "runs" / DAY.isoformat() / "r1" / "packs"
    folder.mkdir(parents=True)
    for turn, name in enumerate(TYPES):
        offset, path = 0, folder / f"{name}.csv"
        with path.open("wb") as pack:
            for place in range(turn * len(lists), min(mails, (turn + 1) * len(lists))):
                each = lists[place % len(lists)]
                content = _content(place)
                pack.write(content)
                yield Report(
                    night=night, day=DAY, list=each.pk, report_type=name,
                    file=f"{DAY}-{name}-{each.name}-asn.csv", rows=ROWS, bytes=len(content),
                    sha256=hashlib.sha256(content).hexdigest(), pack=f"packs/{name}.csv",
                    offset=offset, outcome=Outcome.PLANNED,
                )  # fmt: skip
                offset += len(content)


def _content(place: int) -> bytes:
    head = '"timestamp","severity","ip","port","asn","geo","infection"\n'
    row = (
        f'"2026-11-22 {{:02}}:{place % 60:02}:11","high","192.0.2.{place % 250}",'
        f'{1024 + place % 60_000},{_number(place)},"XA","example-bot"\n'
    )
    return (head + "".join(row.format(hour) for hour in range(ROWS))).encode()


def _delivery(
    report: Report, mailing_list: MailingList, recipient: Recipient, now: dt.datetime
) -> Delivery:
    key = f"{DAY} r1 report {report.pk} r{recipient.pk}"
    return Delivery(
        key=key,
        kind=DeliveryKind.REPORT,
        day=DAY,
        list=mailing_list,
        recipient=recipient,
        address=recipient.address,
        domain=recipient.address.rpartition("@")[2],
        reports=[report.pk],
        message_id=message_id_of(f"delivery {key}"),
        due_at=now,
        made_at=now,
    )


def _save(rows: Iterable[M]) -> list[M]:
    rows = list(rows)
    return type(rows[0])._default_manager.bulk_create(rows, batch_size=_BATCH)
