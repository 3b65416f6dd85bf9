"""Deliveries without a night behind them: for tests of how they are sent, not of what they say."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from django.core.mail import EmailMessage

from tocsin.configuration.load import Configuration
from tocsin.service.delivery import sending
from tocsin.service.delivery.envelope import return_path
from tocsin.service.delivery.models import Delivery, DeliveryForm, DeliveryKind
from tocsin.service.letters.write import message_id_of


class PlainComposer:
    """One line of text, and a file unless it is to go without."""

    @classmethod
    def of(cls, _: Sequence[Delivery], __: dt.datetime) -> PlainComposer:
        return cls()

    def message(self, delivery: Delivery) -> EmailMessage | None:
        message = EmailMessage(
            subject=delivery.key,
            body="Hello.\n",
            from_email=return_path(delivery.pk),
            to=[delivery.address],
            headers={"From": "reports@example.org", "Message-ID": delivery.message_id},
        )
        if delivery.form != DeliveryForm.LINK:
            message.attach("report.csv", "a,b\n", "text/csv")
        return message

    def why_not(self, _: Delivery) -> str:
        return ""


def put_in_place() -> None:
    """For a process of its own."""
    of = sending.Sender.of

    def with_plain(configuration: Configuration, clock: sending.Clock) -> sending.Sender:
        return dataclasses.replace(of(configuration, clock), compose=PlainComposer.of)

    sending.Sender.of = with_plain  # type: ignore[method-assign]


def deliveries(addresses: Iterable[str], now: dt.datetime) -> list[Delivery]:
    """Due now, in that order."""
    return Delivery.objects.bulk_create(
        Delivery(
            key=f"test {number} {address}",
            kind=DeliveryKind.REPORT,
            day=dt.date(2026, 11, 22),
            address=address,
            domain=address.rpartition("@")[2],
            message_id=message_id_of(f"test {number} {address}"),
            due_at=now,
            made_at=now,
        )
        for number, address in enumerate(addresses)
    )
