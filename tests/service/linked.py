"""A night whose report somebody was given a link to."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponseBase
from django.test import Client
from tests.fakes.small_home import event
from tests.service.objecting_world import World

from tocsin.engine.nightly.package import Package
from tocsin.engine.reports import find_report, read_report
from tocsin.service import clock
from tocsin.service.delivery.links import Holder, links_for
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.models import Recipient

FILE = "2026-11-22-event4_sinkhole-alpha-asn.csv"


@dataclass
class Linked:
    """The world, who was given the link, and the link."""

    world: World
    recipient: Recipient
    link: str

    @property
    def place(self) -> str:
        """The path of the link."""
        return f"/dl/{self.link}"

    @property
    def report(self) -> Report:
        """What it leads to."""
        return Report.objects.select_related("night").get(file=FILE, night__revision=1)

    @property
    def package(self) -> Package:
        """The run that made it."""
        return find_report(self.world.small.home.root, FILE).package

    def whole(self) -> bytes:
        """The bytes that the night wrote."""
        return read_report(self.package, FILE)

    def get(self, **headers: str) -> HttpResponseBase:
        """Open the link; headers with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client().get(self.place, headers=named)


def linked(world: World, rows: int = 2) -> Linked:
    """A night with a report of so many rows for `alpha`, taken and planned."""
    recipient = world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(each, address_of(each)) for each in range(rows)])
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    report = Report.objects.select_related("night").get(file=FILE)
    return Linked(world, recipient, link_of(report, recipient))


def address_of(number: int) -> str:
    """An address of AS64496."""
    return f"192.0.2.{number % 250 + 1}"


def link_of(report: Report, recipient: Recipient) -> str:
    """The id that a recipient is given."""
    holder = Holder.of_recipient(recipient)
    return links_for([(report, holder)], clock.now())[report.pk, holder.name]


def body_of(answer: HttpResponseBase) -> bytes:
    """What the answer holds."""
    content = answer.streaming_content if answer.streaming else answer.content  # type: ignore[attr-defined]
    return content if isinstance(content, bytes) else b"".join(content)
