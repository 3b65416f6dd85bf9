"""Web-hooks: told once of what may go out, signed, tried again, put off, and to nobody private."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client, override_settings
from tests.fakes.small_home import event
from tests.service.desk import links_in
from tests.service.objecting_world import World
from tests.service.subscribed import subscribed

from tocsin.configuration.load import Configuration
from tocsin.model.errors import UsageError
from tocsin.service import clock, installation
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.models import Outcome, Report
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.fakes.hook_receiver import HookReceiver
from tocsin.service.fakes.web_server import FakeWeb, fake_web
from tocsin.service.subscribers.models import ListMode, MailingList, Network, NetworkState
from tocsin.service.webhooks.hooks import MOST, checked_url, make_hook, try_out
from tocsin.service.webhooks.models import Call, HookCall, HookState, Webhook
from tocsin.service.webhooks.signing import SIGNATURE, TIMESTAMP, secret_of, signature

FILE = "2026-11-22-event4_sinkhole-alpha-asn.csv"
PAGE = "/organisations/alpha/webhooks"
ADMIN = Actor.person("admin@example.org")


@pytest.fixture
def receiver() -> HookReceiver:
    return HookReceiver()


@pytest.fixture
def web(receiver: HookReceiver) -> Iterator[FakeWeb]:
    with fake_web(receiver) as web:
        yield web


@pytest.fixture
def hook(world: World, web: FakeWeb, receiver: HookReceiver) -> Webhook:
    """Of `alpha`, for which there is a night that nobody has taken yet."""
    world.small.collect_events([event(1), event(2, "192.0.2.11")])
    world.night()
    made, _ = make_hook(world.alpha.organisation, f"{web.url}/hook", ADMIN, clock.now())
    receiver.secret = secret_of(made)
    return made


def _plan(world: World) -> None:
    notice_nights(clock.now())
    world.desk.work()


def test_a_report_is_told_once_signed_and_named(
    world: World, hook: Webhook, web: FakeWeb, receiver: HookReceiver
) -> None:
    _plan(world)
    _plan(world)
    (told,) = receiver.taken
    assert told["event"] == "report"
    assert told["organisation"] == "alpha"
    assert told["report"]["id"] == FILE
    assert told["report"]["rows"] == 2
    assert told["report"]["url"] == f"http://testserver/api/v1/reports/{FILE}"
    asked = web.asked[0]
    timestamp = asked.headers[TIMESTAMP.lower()]
    wanted = signature(secret_of(hook), timestamp, asked.content)
    assert asked.headers[SIGNATURE.lower()] == f"sha256={wanted}"
    assert int(timestamp) == int(clock.now().timestamp())
    assert HookCall.objects.get().state == Call.SENT


def test_nobody_is_told_of_what_is_anothers(
    world: World, hook: Webhook, receiver: HookReceiver
) -> None:
    subscribed("beta", ["AS64497"], domain="example.net")
    world.small.collect_events([event(9, "198.51.100.9")])
    world.replay()
    _plan(world)
    assert {each["organisation"] for each in receiver.taken} <= {"alpha"}


@pytest.mark.parametrize("outcome", [Outcome.HELD, Outcome.DROPPED])
def test_what_was_held_since_is_not_told(
    world: World, hook: Webhook, web: FakeWeb, receiver: HookReceiver, outcome: Outcome
) -> None:
    web.dials.refuse = 1
    _plan(world)
    Report.objects.update(outcome=outcome)
    world.desk.pass_time(dt.timedelta(minutes=5))
    world.desk.work()
    assert receiver.taken == []
    assert HookCall.objects.get().state == Call.DROPPED


def test_what_is_not_theirs_any_more_is_not_told(
    world: World, hook: Webhook, web: FakeWeb, receiver: HookReceiver
) -> None:
    web.dials.refuse = 1
    _plan(world)
    Network.objects.update(state=NetworkState.FROZEN)
    world.desk.pass_time(dt.timedelta(minutes=5))
    world.desk.work()
    assert receiver.taken == []


def test_a_list_without_recipients_is_told_of(
    world: World, hook: Webhook, receiver: HookReceiver
) -> None:
    _plan(world)
    assert Report.objects.get().outcome == Outcome.NOBODY
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("mode", [ListMode.SHADOW, ListMode.REDIRECT])
@pytest.mark.parametrize("when", ["planned", "called"])
def test_a_list_that_goes_to_nobody_or_one_tester_is_not_told_of(
    world: World, hook: Webhook, web: FakeWeb, receiver: HookReceiver, mode: str, when: str
) -> None:
    web.dials.refuse = 1
    if when == "called":
        _plan(world)
    MailingList.objects.update(mode=mode)
    _plan(world)
    world.desk.pass_time(dt.timedelta(minutes=5))
    world.desk.work()
    assert receiver.taken == []
    assert HookCall.objects.filter(state=Call.DROPPED).count() == (when == "called")


@pytest.mark.parametrize("trouble", ["refuse", "hangs up", "wrong secret", "redirect"])
def test_what_is_not_taken_is_tried_again(
    world: World, hook: Webhook, web: FakeWeb, receiver: HookReceiver, trouble: str
) -> None:
    if trouble == "refuse":
        web.dials.refuse = 1
    elif trouble == "hangs up":
        web.dials.dead = "hangs up"
    elif trouble == "redirect":
        web.dials.redirect = "/elsewhere"
    else:
        receiver.secret = "another"
    _plan(world)
    assert receiver.taken == []
    call = HookCall.objects.get()
    assert (call.state, call.failures) == (Call.WAITING, 1)
    hook.refresh_from_db()
    assert hook.failing_since == clock.now()
    web.dials.dead, web.dials.redirect, receiver.secret = "", "", secret_of(hook)
    world.desk.pass_time(dt.timedelta(minutes=5))
    world.desk.work()
    assert len(receiver.taken) == 1
    hook.refresh_from_db()
    assert hook.failing_since is None


def test_one_that_does_not_answer_is_asked_once_a_round(
    world: World, hook: Webhook, web: FakeWeb, receiver: HookReceiver
) -> None:
    web.dials.dead = "hangs up"
    _plan(world)
    try_out(hook, clock.now())
    world.desk.work()
    assert len(web.asked) == 1
    web.dials.dead = ""
    world.desk.pass_time(dt.timedelta(hours=1))
    world.desk.work()
    assert HookCall.objects.filter(state=Call.SENT).count() == HookCall.objects.count() > 1


def test_one_call_that_is_refused_does_not_keep_the_others(
    world: World, hook: Webhook, web: FakeWeb, receiver: HookReceiver
) -> None:
    web.dials.refuse = 1
    _plan(world)
    try_out(hook, clock.now())
    world.desk.work()
    assert [each["event"] for each in receiver.taken] == ["test"]


def test_one_that_fails_for_days_is_put_off_and_its_admins_are_told_once(
    world: World, hook: Webhook, web: FakeWeb
) -> None:
    web.dials.refuse = 10_000
    _plan(world)
    for _ in range(24):
        world.desk.pass_time(dt.timedelta(hours=6))
        world.desk.work()
    hook.refresh_from_db()
    assert hook.state == HookState.OFF
    letters = [each for each in mail.outbox if "put off" in each.subject]
    assert [each.to for each in letters] == [["admin@example.org"]]
    assert f"{web.url}/hook" in str(letters[0].body)
    assert AuditLine.objects.filter(verb="webhook.off").count() == 1
    world.desk.pass_time(dt.timedelta(hours=6))
    world.desk.work()
    assert HookCall.objects.get().state == Call.DROPPED


def test_a_private_address_is_never_called(world: World, hook: Webhook, web: FakeWeb) -> None:
    strict = Configuration(service=installation.configuration().service)
    with override_settings(TOCSIN_CONFIGURATION=strict):
        try_out(hook, clock.now())
        world.desk.work()
    assert web.asked == []
    call = HookCall.objects.get()
    assert call.state == Call.FAILED
    assert "127.0.0.1" in call.said


@pytest.mark.parametrize(
    "url",
    ["", "ftp://example.org/", "https://user@example.org/", "https://", "https://exa mple.org",
     "https://example.org/#x", "https://example.org:99999/", "javascript:alert(1)",
     f"https://example.org/{'x' * 500}", "https://exämple.org/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(desk: object, url: str) -> None:
    with pytest.raises(UsageError):
        checked_url(url)


def test_without_encryption_nothing_is_told(desk: object) -> None:
    strict = Configuration(service=installation.configuration().service)
    with override_settings(TOCSIN_CONFIGURATION=strict):
        assert checked_url(" https://example.org/hook ") == "https://example.org/hook"
        with pytest.raises(UsageError):
            checked_url("http://example.org/hook")


@pytest.fixture
def admin(world: World) -> Client:
    return world.desk.signed_in(world.alpha.account)


def test_the_secret_is_shown_once_and_admins_are_told(world: World, admin: Client) -> None:
    shown = admin.post(f"{PAGE}/add", {"url": "https://example.org/hook"}).content.decode()
    secret = secret_of(Webhook.objects.get())
    assert secret in shown
    assert secret not in admin.get(PAGE).content.decode()
    assert secret not in str(list(AuditLine.objects.values()))
    (letter,) = world.desk.letters_to("admin@example.org")
    assert "https://example.org/hook" in str(letter.body)
    assert secret not in str(letter.body)


def test_staff_add_none_and_so_see_no_secret(world: World) -> None:
    staff = world.desk.signed_in(world.desk.reviewer())
    staff.post(f"{PAGE}/add", {"url": "https://example.org/hook"})
    assert not Webhook.objects.exists()


def test_whoever_says_that_it_was_not_them_ends_it(world: World, admin: Client) -> None:
    admin.post(f"{PAGE}/add", {"url": "https://example.org/hook"})
    letter = world.desk.letters_to("admin@example.org")[-1]
    Client().post(links_in(letter)[-1])
    assert Webhook.objects.get().state == HookState.ENDED


def test_the_page_tries_out_puts_on_and_ends(
    world: World, hook: Webhook, receiver: HookReceiver, admin: Client
) -> None:
    admin.post(f"{PAGE}/{hook.pk}/test")
    admin.post(f"{PAGE}/{hook.pk}/test")
    world.desk.work()
    assert receiver.taken == [{"event": "test", "organisation": "alpha"}]
    assert "status 200" in admin.get(PAGE).content.decode()
    Webhook.objects.update(state=HookState.OFF, failing_since=clock.now())
    admin.post(f"{PAGE}/{hook.pk}/on")
    hook.refresh_from_db()
    assert (hook.state, hook.failing_since) == (HookState.ACTIVE, None)
    admin.post(f"{PAGE}/{hook.pk}/end")
    hook.refresh_from_db()
    assert hook.state == HookState.ENDED
    assert admin.post(f"{PAGE}/{hook.pk}/test").status_code == 404


def test_nobody_touches_what_is_anothers(world: World, hook: Webhook) -> None:
    beta = subscribed("beta", ["AS64497"], domain="example.net")
    other = world.desk.signed_in(beta.account)
    for act in ("test", "end", "on"):
        path = f"/organisations/beta/webhooks/{hook.pk}/{act}"
        assert other.post(path).status_code == 404
    assert not HookCall.objects.exists()


def test_there_are_not_too_many_and_none_twice(world: World) -> None:
    organisation = world.alpha.organisation
    for number in range(MOST):
        make_hook(organisation, f"https://example.org/{number}", ADMIN, clock.now())
    for url in ("https://example.org/0", "https://example.org/more"):
        with pytest.raises(UsageError):
            make_hook(organisation, url, ADMIN, clock.now())


def test_of_a_report_with_columns_appended_no_size_is_told_that_it_has_not(
    world: World, hook: Webhook, receiver: HookReceiver
) -> None:
    MailingList.objects.update(extra_columns=["finding_id"])
    _plan(world)
    (told,) = receiver.taken
    said = told["report"]
    assert (said["rows"], said["bytes"], said["sha256"]) == (2, None, None)
