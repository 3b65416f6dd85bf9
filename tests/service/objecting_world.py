"""A home with real nights, and an organisation that objects to what they report."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tests.fakes.remembered import remembered
from tests.fakes.small_home import DAY, NIGHT, SmallHome
from tests.service.desk import Desk
from tests.service.subscribed import Subscribed

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.engine.reports import Wanted, list_reports
from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.cases.daily import COUNTING
from tocsin.service.subscribers.cases.objecting import open_cases
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.models import (
    Case,
    RequestChannel,
)
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.subscribers.snapshots.writing import write_snapshot

FALSE, FIXED = SuppressionKind.FALSE_POSITIVE, SuppressionKind.FIXED
REPORT = "2026-11-22-event4_sinkhole-alpha-asn.csv"
ONE_DAY = dt.timedelta(days=1)
ADMIN = Actor.person("admin@example.org")


@dataclass
class World:
    """A home with nights, and an organisation whose reports they make."""

    desk: Desk
    small: SmallHome
    alpha: Subscribed

    def night(self, day: dt.date = DAY) -> None:
        """Run the night of a day with what the service says now."""
        written = write_snapshot(self.small.home, clock.now())
        moment = NIGHT + (day - DAY)

        def run() -> None:
            self.small.night_engine().run(day, written.path, moment, partial=False)

        remembered(self.small.home.root, ("night", day), run)

    def replay(self, day: dt.date = DAY) -> None:
        """Make a day anew with what the service says now."""
        written = write_snapshot(self.small.home, clock.now())
        self.small.replay(day, lists=written.path)

    def rows(self, day: dt.date = DAY) -> int:
        """How many rows the organisation got."""
        found = list_reports(self.small.home.root, Wanted(day=day, list="alpha"))
        return sum(each.slice.rows for each in found)

    def says(
        self,
        kind: SuppressionKind | None,
        *subjects: str,
        channel: RequestChannel = RequestChannel.PORTAL,
        **fields: object,
    ) -> list[Case]:
        """What the admin says of subjects."""
        objection = Objection(kind=kind, subjects=subjects, note="looked at it", **fields)  # type: ignore[arg-type]
        arrival = Arrival(channel, self.alpha.admin.address)
        return open_cases(self.alpha.admin, objection, arrival, clock.now())

    def count(self) -> None:
        """Let the daily work count."""
        payload = {"day": clock.now().date().isoformat()}
        COUNTING.inner(payload, COUNTING.outer(payload), clock.now())
