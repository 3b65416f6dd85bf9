"""A mail gateway fetches every link of every letter, and so changes nothing.

The scenario makes one letter of every text that this part of the service writes; whoever adds a
letter with a link adds it here, or has a test of their own that ends with `fetch_everything`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from django.apps import apps
from django.core import mail
from django.test import Client, override_settings
from tests.fakes.small_home import DAY, NIGHT, SmallHome, event
from tests.service.desk import Desk, links_in
from tests.service.subscribed import Subscribed, subscribed
from tests.service.test_asking_to_reports import FORM

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.letters.models import Letter
from tocsin.service.subscribers.cases.objecting import open_cases
from tocsin.service.subscribers.cases.objection_links import objection_link
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.models import Case, RecipientKind, RequestChannel
from tocsin.service.subscribers.recipients.membership import (
    add_recipient,
    leave,
    unsubscribe_headers,
)
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.subscribers.snapshots.writing import write_snapshot
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.facts import RegistryContact, RegistryFacts

ADMIN = Actor.person("admin@example.org")
METHODS = ("get", "head", "options")


def everything_stored() -> dict[str, list[dict[str, object]]]:
    """All rows of all tables, sessions and Django's own as well."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models(include_auto_created=True)
    }


def fetch_everything(more: Iterable[str] = ()) -> int:
    """Fetch each link of each letter that was sent, as a gateway does; how many links."""
    sent = [link for letter in mail.outbox for link in links_in(letter)]
    links = dict.fromkeys([*sent, *more])
    before = everything_stored()
    for link in links:
        for method in METHODS:
            answer = getattr(Client(), method)(link)
            assert answer.status_code in (200, 405), (method, link, answer.status_code)
            assert not answer.cookies.get("sessionid")
    assert everything_stored() == before
    return len(links)


def ask(desk: Desk) -> None:
    """Somebody asks on the web, and the contacts of their network are asked for a proof."""
    desk.registry.facts[any_network("AS64496")] = RegistryFacts(
        registry="ripencc",
        handle="AS64496",
        holder="Example Access Networks",
        holder_id="ORG-EX1",
        contacts=(RegistryContact("abuse", "abuse@example.org"),),
    )
    Client().post("/ask", {**FORM, "networks": "AS64496"})
    first = desk.link_to("ada@example.org")
    assert fetch_everything() == 1
    Client().post(first, {"answer": "confirm"})
    assert "/l/proof/" in desk.link_to("abuse@example.org")


def recipients(each: Subscribed) -> list[str]:
    """One is asked to agree, one could leave with one click, the last one could not."""
    add_recipient(each.list, "new@example.org", RecipientKind.PERSON, ADMIN, clock.now())
    one = each.recipient("one@example.org")
    leave(one, clock.now())  # the last one: the admins hear of it
    other = each.recipient("two@example.org")
    headers = [unsubscribe_headers(found)["List-Unsubscribe"] for found in (one, other)]
    return [urlsplit(header.strip("<>")).path for header in headers]


def objections(each: Subscribed, small: SmallHome) -> list[str]:
    """Links of reports, and a case that waits to be confirmed."""
    small.collect_events([event(1)])
    written = write_snapshot(small.home, clock.now())
    small.night_engine().run(DAY, written.path, NIGHT, partial=False)
    report = "2026-11-22-event4_sinkhole-alpha-asn.csv"
    recipient = each.list.recipients.get(address="two@example.org")
    arrival = Arrival(RequestChannel.MAIL, each.admin.address)
    for kind in SuppressionKind:
        objection = Objection(kind=kind, subjects=("192.0.2.10",))
        open_cases(each.admin, objection, arrival, clock.now())
    links = [objection_link(each.list, report), objection_link(each.list, report, recipient)]
    return [urlsplit(link).path for link in links]


def test_fetching_every_link_of_every_letter_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    with override_settings(TOCSIN_HOME=small.home):
        ask(desk)
        each = subscribed("alpha", ["AS64497", "192.0.2.0/24"])
        del each.lists["asn"]
        more = [*recipients(each), *objections(each, small)]
        desk.work()
        assert Letter.objects.exclude(state="sent").count() == 0
        purposes = {
            urlsplit(link).path.split("/")[2]
            for link in [*(link for letter in mail.outbox for link in links_in(letter)), *more]
        }
        assert purposes == {
            "confirm-request",
            "proof",
            "confirm-recipient",
            "leave",
            "object",
            "confirm-cases",
        }
        assert fetch_everything(more) >= len(purposes)
        assert Case.objects.filter(state="unconfirmed").count() == 2


def test_the_gateway_would_notice_a_link_that_changes_something(desk: Desk) -> None:
    each = subscribed()
    before = everything_stored()
    leave(each.recipient("one@example.org"), clock.now())
    assert everything_stored() != before
    assert {"subscribers.Recipient", "audit.AuditLine", "sessions.Session"} <= set(before)
