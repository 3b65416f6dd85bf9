"""A service to try things on: what tests do again and again, in words."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from tocsin.service import clock as service_clock
from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.fakes.registry import FakeRegistry, FakeResolver
from tocsin.service.schedule import enqueue_daily
from tocsin.service.work.models import Task, TaskState
from tocsin.service.work.worker import work_off
from tocsin.service.works import DAILY, WORKS

_LINK = re.compile(r"http://testserver(/l/\S+)")


@dataclass(slots=True)
class Desk:
    """The fakes, the clock, and the hands of a person."""

    registry: FakeRegistry
    resolver: FakeResolver
    clock: time_machine.Traveller

    def work(self) -> int:
        """Let the worker do what is due, daily work included; how many tasks it took."""
        enqueue_daily(DAILY, service_clock.now())
        return work_off(WORKS, service_clock.now)

    def has_done_its_daily_work(self) -> None:
        """Of today: what most tests are about does not hang on it."""
        moment = service_clock.now()
        done = [
            Task(
                kind=kind,
                key=moment.date().isoformat(),
                due_at=moment,
                made_at=moment,
                state=TaskState.DONE,
                ended_at=moment,
            )
            for kind in DAILY
        ]
        Task.objects.bulk_create(done)

    def has_its_daily_work_to_do(self) -> None:
        """Of today."""
        Task.objects.filter(kind__in=DAILY, key=service_clock.now().date().isoformat()).delete()

    def pass_time(self, span: dt.timedelta) -> None:
        """Let time pass."""
        self.clock.shift(span)

    def letters_to(self, address: str) -> list[EmailMessage]:
        """The letters that were sent to an address, in order."""
        self.work()
        return [each for each in mail.outbox if address in each.to]

    def link_to(self, address: str) -> str:
        """The path of the last link that was mailed to an address."""
        return links_in(self.letters_to(address)[-1])[-1]

    def reviewer(self, address: str = "reviewer@tocsin.example.org") -> User:
        """A reviewer."""
        return User.objects.create_user(address, staff_role=StaffRole.REVIEWER)

    def signed_in(self, user: User) -> Client:
        """A browser in which the user is signed in; staff with a second factor, used."""
        return signed_in(user)


def signed_in(user: User) -> Client:
    """See `Desk.signed_in`."""
    from allauth.mfa.models import Authenticator  # noqa: PLC0415 - needs Django's apps

    client = Client()
    client.force_login(user)
    if user.is_of_staff:
        factor, _ = Authenticator.objects.get_or_create(
            user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": "x"}}
        )
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "mfa", "at": now().timestamp(), "id": factor.pk, "type": "totp"}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client


def links_in(letter: EmailMessage) -> list[str]:
    """The paths of the links in a letter."""
    return _LINK.findall(str(letter.body))


def now() -> dt.datetime:
    """The time on the desk."""
    return timezone.now()
