"""Writing down what came back, once for each message, and what follows of it for its address."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from tocsin.service.delivery.bounces.bounce import Verdict
from tocsin.service.delivery.models import Delivery, DeliveryState, Returned, ReturnedKind
from tocsin.service.letters.models import Letter
from tocsin.service.subscribers.lists.links_only import send_links_only
from tocsin.service.subscribers.models import AddressHealth, Cause, Health, Recipient
from tocsin.service.subscribers.recipients.address_health import health_of, write_down
from tocsin.service.subscribers.recipients.health_rules import (
    OF_THE_MESSAGE,
    SETTLED,
    Failure,
    judge,
)
from tocsin.service.texts import harmless


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours: a delivery, or a letter. at: when it went out."""

    key: str
    address: str
    at: dt.datetime
    delivery: Delivery | None = None
    letter: Letter | None = None

    @classmethod
    def of_delivery(cls, delivery: Delivery) -> Sent:
        """A message with reports; its list and recipient should be loaded."""
        at = delivery.ended_at or delivery.made_at
        return cls(f"delivery {delivery.pk}", delivery.address, at, delivery=delivery)

    @classmethod
    def of_letter(cls, letter: Letter) -> Sent:
        """A letter."""
        at = letter.sent_at or letter.written_at
        return cls(f"letter {letter.pk}", letter.recipient.lower(), at, letter=letter)

    @property
    def recipient(self) -> Recipient | None:
        """Of a list, if it went to one."""
        return self.delivery.recipient if self.delivery is not None else None

    @property
    def organisation(self) -> int | None:
        """The organisation that it is about."""
        if self.letter is not None:
            return self.letter.organisation
        mailing_list = self.delivery.list if self.delivery is not None else None
        return mailing_list.organisation_id if mailing_list is not None else None


@transaction.atomic
def note_failure(
    sent: Sent,
    verdict: Verdict,
    now: dt.datetime,
    *,
    status: str = "",
    said: str = "",
    message: int | None = None,
) -> bool:
    """Note that a message was given back; False if that was noted before.

    message: the number of the mail that brought it. For what was attached the address is not to
    blame: its recipient is sent links from then on. One that is sent links alone is refused for
    what we say, which is the matter of a policy.
    """
    said = harmless(said, 1000)
    cause, recipient = verdict.cause, sent.recipient
    if cause in OF_THE_MESSAGE and (recipient is None or recipient.links_only):
        cause = Cause.POLICY
    _, new = Returned.objects.get_or_create(
        key=sent.key,
        defaults={
            "kind": ReturnedKind.FAILED,
            "delivery": sent.delivery,
            "letter": sent.letter.pk if sent.letter is not None else None,
            "address": sent.address,
            "cause": cause,
            "definite": verdict.definite,
            "status": status[:12],
            "said": said,
            "sent_at": sent.at,
            "noted_at": now,
            "message": message,
        },
    )
    if not new:
        return False
    if cause in OF_THE_MESSAGE and recipient is not None:
        send_links_only(recipient, said, now)
    else:
        judge_address(sent.address, now)
    return True


@transaction.atomic
def note_complaint(sent: Sent, kind: str, now: dt.datetime, *, message: int | None = None) -> bool:
    """Note that somebody called a message unwanted; False if that was noted before."""
    _, new = Returned.objects.get_or_create(
        key=f"complaint {sent.key}",
        defaults={
            "kind": ReturnedKind.COMPLAINT,
            "delivery": sent.delivery,
            "letter": sent.letter.pk if sent.letter is not None else None,
            "address": sent.address,
            "said": harmless(kind, 40),
            "sent_at": sent.at,
            "noted_at": now,
            "message": message,
        },
    )
    return new


def judge_address(address: str, now: dt.datetime) -> None:
    """Judge an address by all that came back and all that did not. In the caller's transaction."""
    health = health_of(address, now)
    rows = Returned.objects.filter(address=address, kind=ReturnedKind.FAILED)
    failures = [Failure(each.sent_at, Cause(each.cause), each.definite, each.said) for each in rows]
    write_down(health, judge(failures, _success_at(health, now)), now)


def judge_failing(now: dt.datetime) -> None:
    """Judge those again that fail now and then: what has not come back meanwhile has arrived."""
    failing = AddressHealth.objects.filter(state=Health.SOFT_FAILING).order_by("address")
    for address in failing.values_list("address", flat=True):
        with transaction.atomic():
            judge_address(address, now)


def _success_at(health: AddressHealth, now: dt.datetime) -> dt.datetime | None:
    """When the last message was sent that has arrived, or was forgiven."""
    sent = Delivery.objects.filter(
        address=health.address, state=DeliveryState.SENT, ended_at__lt=now - SETTLED
    )
    arrived = sent.exclude(returned__kind=ReturnedKind.FAILED).order_by("-ended_at").first()
    times = [health.forgiven_at, arrived.ended_at if arrived is not None else None]
    return max((each for each in times if each is not None), default=None)
