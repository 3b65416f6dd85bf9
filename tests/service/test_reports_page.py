"""The page of an organisation's reports: what it shows, finds and gives out, and to whom."""

from __future__ import annotations

import shutil

import pytest
from django.test import Client
from tests.service.desk import signed_in
from tests.service.linked import FILE, Linked, body_of, linked
from tests.service.objecting_world import World
from tests.service.subscribed import member_of, subscribed

from tocsin.service import clock
from tocsin.service.delivery.models import DeliveryState, NightList, Outcome, Report
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.models import ListMode, MailingList, NetworkState

PLACE = "/organisations/alpha/reports"


@pytest.fixture
def given(world: World) -> Linked:
    return linked(world)


@pytest.fixture
def browser(given: Linked) -> Client:
    return signed_in(member_of(given.world.alpha))


def _page(browser: Client, **asked: str) -> str:
    answer = browser.get(PLACE, asked)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def _file(given: Linked) -> str:
    return f"{PLACE}/{given.report.pk}"


def test_a_member_sees_the_report_and_fetches_it(given: Linked, browser: Client) -> None:
    page = _page(browser)
    for told in ("2026-11-22", "event4_sinkhole", "alpha-asn", ">2</td>", _file(given)):
        assert told in page
    answer = browser.get(_file(given), headers={"range": "bytes=0-9"})
    assert (answer.status_code, body_of(answer)) == (206, given.whole()[:10])
    assert body_of(browser.get(_file(given))) == given.whole()
    assert FILE in answer.headers["Content-Disposition"]


def test_it_says_what_became_of_each(given: Linked, browser: Client) -> None:
    assert "Waits to be mailed to one address." in _page(browser)
    send_due(clock.now)
    assert "Mailed to one address." in _page(browser)
    given.world.alpha.list.deliveries.update(state=DeliveryState.FAILED)
    assert "Refused by the mail server of one address." in _page(browser)
    given.world.alpha.list.deliveries.all().delete()
    assert "Mailed; to how many is not kept any more." in _page(browser)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.SHADOW, "Made and shown, not sent: the list was in shadow."),
        (Outcome.NOBODY, "Not sent: the list had no recipient."),
        (Outcome.INVALID, "Not sent: the list or its networks were not valid."),
    ],
)
def test_what_was_not_sent_is_shown_with_its_reason(
    given: Linked, browser: Client, outcome: str, words: str
) -> None:
    Report.objects.update(outcome=outcome)
    assert words in _page(browser)
    assert body_of(browser.get(_file(given))) == given.whole()


def test_the_reports_of_a_list_in_shadow_are_fetched_here(world: World) -> None:
    world.alpha.list.mode = ListMode.SHADOW
    world.alpha.list.save()
    given = linked(world)
    browser = signed_in(member_of(world.alpha))
    assert "Made and shown, not sent" in _page(browser)
    assert browser.get(_file(given)).status_code == 200


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.HELD, Outcome.DROPPED])
def test_what_is_kept_back_is_not_there(given: Linked, browser: Client, outcome: str) -> None:
    Report.objects.update(outcome=outcome)
    assert _file(given) not in _page(browser)
    assert browser.get(_file(given)).status_code == 404


def _made_anew(given: Linked) -> Report:
    given.world.replay()
    notice_nights(clock.now())
    given.world.desk.work()
    return Report.objects.get(night__revision=2)


def test_of_a_day_that_was_made_anew_the_newest_is_shown(given: Linked, browser: Client) -> None:
    anew = _made_anew(given)
    page = _page(browser)
    assert "Not mailed: this day was made more than once, and is mailed once." in page
    assert f'{PLACE}/{anew.pk}"' in page
    assert f'{_file(given)}"' not in page
    assert browser.get(f"{PLACE}/{anew.pk}").status_code == 200
    assert browser.get(_file(given)).status_code == 404


def test_what_is_kept_back_is_not_shown_when_made_anew(given: Linked, browser: Client) -> None:
    anew = _made_anew(given)
    Report.objects.filter(night__revision=1).update(outcome=Outcome.HELD)
    assert "1 in all" not in _page(browser)
    assert browser.get(f"{PLACE}/{anew.pk}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"type": "event4_sinkhole"}, True),
        ({"type": "scan_http"}, False),
        ({"day": "2026-11-22"}, True),
        ({"day": "2026-11-21"}, False),
        ({"day": "yesterday"}, False),
        ({"list": "999999"}, False),
        ({"list": "x"}, False),
        ({"list": "", "type": "", "day": ""}, True),
    ],
)
def test_it_is_searched(given: Linked, browser: Client, asked: dict[str, str], found: bool) -> None:
    page = _page(browser, **asked)
    assert (_file(given) in page) is found
    assert ("Nothing is found." in page) is not found


def test_it_is_searched_by_list(given: Linked, browser: Client) -> None:
    assert _file(given) in _page(browser, list=str(given.world.alpha.list.pk))


def test_what_is_not_kept_is_said_to_be(given: Linked, browser: Client) -> None:
    shutil.rmtree(given.package.path)
    assert "Not kept any more." in _page(browser)
    assert browser.get(_file(given)).status_code == 410


def test_of_networks_that_are_not_theirs_now_nothing_is_told(
    given: Linked, browser: Client
) -> None:
    given.world.alpha.organisation.networks.update(state=NetworkState.FROZEN)
    page = _page(browser)
    assert "Its list or networks are not valid now." in page
    assert ">2</td>" not in page
    assert browser.get(_file(given)).status_code == 404


def test_nobody_fetches_what_is_anothers(given: Linked, browser: Client) -> None:
    other = subscribed("beta", ("AS64497",), domain="example.net")
    theirs = signed_in(other.account)
    assert _file(given) not in theirs.get("/organisations/beta/reports").content.decode()
    assert theirs.get(f"/organisations/beta/reports/{given.report.pk}").status_code == 404
    assert theirs.get(_file(given)).status_code == 404
    assert browser.get("/organisations/beta/reports").status_code == 404
    assert Client().get(_file(given)).status_code == 302


def test_a_number_of_a_file_of_the_operators_is_no_list_of_theirs(
    given: Linked, browser: Client
) -> None:
    NightList.objects.update(organisation="somebody-else")
    assert _file(given) not in _page(browser)
    assert browser.get(_file(given)).status_code == 404


def test_a_page_asks_the_database_as_often_for_many_lists_as_for_one(
    given: Linked, browser: Client, django_assert_max_num_queries: object
) -> None:
    alpha = given.world.alpha
    night = given.report.night
    for number in range(30):
        each = MailingList.objects.create(
            organisation=alpha.organisation,
            name=f"alpha-{number}",
            filter="asn",
            valid_from=alpha.list.valid_from,
        )
        NightList.objects.create(
            night=night, list=each.pk, organisation="alpha", networks=["asn 64496"]
        )
        made = given.report
        made.pk, made.list, made.file = None, each.pk, f"{number}.csv"
        made.save()
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        assert "31 in all" in _page(browser)
