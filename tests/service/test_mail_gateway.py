"""A mail gateway fetches every link of every letter, and so changes nothing.

The scenarios make a letter with each purpose that a link can have, and each kind of report mail;
whoever adds one of these adds it here: the last test looks whether any is missing.
"""

from __future__ import annotations

import email
import html
import re
from collections.abc import Iterable
from email import policy
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from django.apps import apps
from django.core import mail
from django.core.mail import EmailMessage
from django.template import Context, Template
from django.test import Client, override_settings
from tests.fakes.small_home import DAY, NIGHT, SmallHome, event
from tests.service.desk import Desk
from tests.service.feeds import contact, feed
from tests.service.objecting_world import World
from tests.service.sent_night import corrections, recall, sent_night
from tests.service.subscribed import Subscribed, subscribed
from tests.service.test_asking_to_reports import FORM

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.service import clock
from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.compose import templates as report_texts
from tocsin.service.delivery.models import Fetch
from tocsin.service.delivery.stranger_claims import CLAIM
from tocsin.service.letters import compose as letter_texts
from tocsin.service.letters.models import Letter
from tocsin.service.portal.links import PAGES
from tocsin.service.subscribers import people
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.abuse_contacts.importing import bring_in
from tocsin.service.subscribers.abuse_contacts.policies import Policy
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found
from tocsin.service.subscribers.cases.objecting import open_cases
from tocsin.service.subscribers.cases.objection_links import OBJECT, objection_link
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.changes import letters, telling
from tocsin.service.subscribers.changes.changing import open_change
from tocsin.service.subscribers.changes.value import NamedContact, WantedChange
from tocsin.service.subscribers.models import (
    Case,
    ContactOrigin,
    ContactRole,
    RecipientKind,
    RequestChannel,
)
from tocsin.service.subscribers.recipients import keys, membership
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
HOST = "http://testserver"
ADDRESS = re.compile(rf"{HOST}[^\s<>\"'{{}}|]*")
NOTES_OF_DOWNLOADS = "delivery.Fetch"
"""Who was given a file is noted before it is given: see `delivery/fetches.py`."""

Stored = dict[str, list[dict[str, object]]]


def everything_stored() -> Stored:
    """All rows of all tables, sessions and Django's own as well."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models(include_auto_created=True)
    }


def mailed_urls(sent: Iterable[EmailMessage]) -> dict[str, None]:
    """Each path of ours in any header or part of letters, in HTML and attachments as well."""
    found: dict[str, None] = {}
    for letter in sent:
        message = email.message_from_bytes(letter.message().as_bytes(), policy=policy.default)
        texts = [str(value) for value in message.values()]
        for part in message.walk():
            if part.is_multipart():
                continue
            said = part.get_payload(decode=True)
            assert isinstance(said, bytes)
            texts.append(html.unescape(said.decode("utf-8", "replace")))
        for text in texts:
            for url in ADDRESS.findall(text):
                found.setdefault(url.removeprefix(HOST).rstrip(".,;:)") or "/")
    return found


def fetched(paths: Iterable[str], *, recalled: bool = False) -> None:
    """Fetch each as a gateway does, signed in as nobody; nothing is stored but that it was.

    recalled: files are gone of which all rows were taken back.
    """
    before = everything_stored()
    for path in paths:
        for method in METHODS:
            answer = getattr(Client(), method)(path)
            for _ in getattr(answer, "streaming_content", ()):
                pass
            allowed = {200, 302, 405} | ({404} if recalled and path.startswith("/dl/") else set())
            assert answer.status_code in allowed, (method, path, answer.status_code)
            assert answer.status_code != 302 or not opens_by_itself(path), path
            assert not answer.cookies.get("sessionid")
    after = everything_stored()
    is_download = any(path.startswith("/dl/") for path in paths)
    changed = {label for label in after if after[label] != before[label]}
    assert changed <= ({NOTES_OF_DOWNLOADS} if is_download else set())


def opens_by_itself(path: str) -> bool:
    """Whether the link is all that it takes: other pages send who is not signed in to do that."""
    return not path.startswith(("/staff/", "/organisations/"))


def fetch_everything(more: Iterable[str] = (), *, recalled: bool = False) -> int:
    """Fetch all that was mailed, and what else is said; how many links."""
    links = {**mailed_urls(mail.outbox), **dict.fromkeys(more)}
    fetched(links, recalled=recalled)
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


def purposes_of(paths: Iterable[str]) -> set[str]:
    """For what the links among them are."""
    return {path.split("/")[2] for path in paths if path.startswith("/l/")}


ASKING = {"confirm-request", "proof", "confirm-recipient", "leave", "object", "confirm-cases"}
CHANGING = {letters.CONFIRM, letters.CHOOSE, telling.NOT_US, people.CONFIRM}
REPORTING = {membership.LEAVE, OBJECT, CLAIM, keys.KEY, switching.OPT_OUT}


def test_fetching_every_link_of_every_letter_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    with override_settings(TOCSIN_HOME=small.home):
        ask(desk)
        each = subscribed("alpha", ["AS64497", "192.0.2.0/24"])
        del each.lists["asn"]
        more = [*recipients(each), *objections(each, small)]
        desk.work()
        assert Letter.objects.exclude(state="sent").count() == 0
        purposes = purposes_of([*mailed_urls(mail.outbox), *more])
        assert purposes == ASKING
        assert fetch_everything(more) >= len(purposes)
        assert Case.objects.filter(state="unconfirmed").count() == 2


def test_fetching_the_links_of_changes_changes_nothing(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", "192.0.2.0/24")
    second = feed("AS64501", slug="second-isp", admins=("cy",), domain="example.com")
    arrival = Arrival(RequestChannel.MAIL, "ada@example.org")
    change = WantedChange(
        remove=(any_network("AS64497"),),
        add_contacts=(NamedContact("eve@example.net", "Eve Example"),),
    )
    open_change(isp.people["ada"], change, arrival, clock.now())
    confirm = desk.link_to("ben@example.org")
    fetch_everything()
    assert isp.networks() == {"AS64496", "AS64497", "192.0.2.0/24"}
    Client().post(confirm, {"answer": "confirm"})
    contact(second.organisation, "ada", "ada@example.org", ContactRole.ADMIN)
    open_change(isp.people["ada"], change, arrival, clock.now())
    desk.work()
    assert purposes_of(mailed_urls(mail.outbox)) == CHANGING
    fetch_everything()
    isp.organisation.refresh_from_db()
    assert isp.organisation.state == "active"


def test_fetching_the_links_of_reports_changes_nothing_but_who_was_given_them(world: World) -> None:
    noc = world.alpha.recipient("noc@example.org")
    read = [Found(any_network("198.51.100.0/24"), "abuse@example.net", "", "XB")]
    bring_in(read, ContactOrigin.REGISTRY_FILE, "x", ADMIN, clock.now())
    switching.set_policy(Policy(notify=True), ADMIN, clock.now())
    world.small.collect_events([event(9, "198.51.100.9", sensor="s1")])
    sent_night(world, "two@example.org")
    keys.ask_for_key(noc, ADMIN, clock.now())
    world.desk.work()
    links = mailed_urls(mail.outbox)
    assert purposes_of(links) == REPORTING
    kinds = {path.split("/")[1] for path in links}
    assert kinds >= {"dl", "types", "l", "ask"}
    fetch_everything()
    downloads = {path for path in links if path.startswith("/dl/")}
    # Each recipient has a link of its own, and one note each, however often a gateway comes.
    assert Fetch.objects.count() == len(downloads) == 3
    fetch_everything()
    assert Fetch.objects.count() == 3
    recall(world)
    assert len(corrections(world)) == 3
    assert fetch_everything(recalled=True) >= len(links)


def test_no_purpose_of_a_link_is_left_out_of_these_tests() -> None:
    assert set(PAGES) == ASKING | CHANGING | REPORTING


TEXTS_WITH_PAGES = sorted(
    {
        place
        for directory in (letter_texts.TEXTS, report_texts.TEXTS)
        for text in directory.glob("*.txt")
        for place in re.findall(r"\{\{ (?:said\.)?portal \}\}(/\S*)", text.read_text("utf-8"))
    }
)


def test_fetching_any_page_that_any_text_names_changes_nothing(desk: Desk) -> None:
    """As nobody, and as the person who is signed in in the browser that looks ahead."""
    each = subscribed()
    admin = User.objects.create_user("chief@tocsin.example.org", staff_role=StaffRole.ADMIN)
    browsers = [Client(), desk.signed_in(each.account), desk.signed_in(admin)]
    assert {"/ask", "/staff/mail/"} <= set(TEXTS_WITH_PAGES)
    before = everything_stored()
    for text in TEXTS_WITH_PAGES:
        path = Template(text.rstrip(".,")).render(
            Context({"slug": "alpha", "number": 1, "address": "noc@example.org"})
        )
        for browser, method in product(browsers, METHODS):
            answer = getattr(browser, method)(path)
            assert answer.status_code in (200, 302, 403, 404, 405), (method, path)
    assert everything_stored() == before


def test_the_gateway_would_notice_a_link_that_changes_something(desk: Desk) -> None:
    each = subscribed()
    before = everything_stored()
    leave(each.recipient("one@example.org"), clock.now())
    assert everything_stored() != before
    assert {"subscribers.Recipient", "audit.AuditLine", "sessions.Session"} <= set(before)
