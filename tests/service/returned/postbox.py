"""A night that was sent, and hands to bring its messages back."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.mail import EmailMessage
from tests.service.objecting_world import World
from tests.service.returned.samples import Ours, sample

from tocsin.service import clock
from tocsin.service.delivery.envelope import return_path
from tocsin.service.delivery.models import Delivery
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.mailbox.store import Envelope, store_message
from tocsin.service.subscribers.models import AddressHealth


@dataclass(slots=True)
class Postbox:
    """A sent night, and hands to bring its messages back."""

    world: World

    def delivery(self, address: str = "noc@example.org") -> Delivery:
        """The last one to an address."""
        return Delivery.objects.filter(address=address).order_by("pk").last() or Delivery()

    def ours(self, delivery: Delivery) -> Ours:
        """What a sample is to be about."""
        return Ours(return_path(delivery.pk), delivery.message_id, delivery.address)

    def bring(self, name: str, delivery: Delivery | None = None) -> IncomingMessage:
        """A sample about a delivery comes to its return path, and is read."""
        found = delivery or self.delivery()
        return self.deliver(sample(name, self.ours(found)), return_path(found.pk))

    def deliver(self, raw: bytes, to: str) -> IncomingMessage:
        """Bytes come to an address, and are read."""
        stored = store_message(raw, Envelope("", (to,)), CameBy.LISTENER, clock.now())
        self.world.desk.work()
        stored.refresh_from_db()
        return stored

    def health(self, address: str = "noc@example.org") -> str:
        """The state of an address."""
        found = AddressHealth.objects.filter(address=address).first()
        return found.state if found is not None else "healthy"

    def subjects_to(self, address: str) -> list[str]:
        """What was written to an address, but for reports."""
        letters = self.world.desk.letters_to(address)
        return [str(each.subject) for each in letters if "Report" not in each.subject]

    def letter_to(self, address: str) -> EmailMessage:
        """The last letter to an address."""
        return self.world.desk.letters_to(address)[-1]
