"""What is kept back is had by no road: mails to strangers, questions, lists of days, trends."""

from __future__ import annotations

import shutil
from typing import cast

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from tests.fakes.small_home import DAY, event
from tests.service.api_client import made_key, program
from tests.service.commands import called
from tests.service.objecting_world import World
from tests.service.subscribed import subscribed
from tests.service.test_letters_to_strangers import ABUSE, on_file, policy

from tocsin.model.errors import TransientError
from tocsin.service import clock, installation
from tocsin.service.api.models import ApiKey
from tocsin.service.delivery import taking
from tocsin.service.delivery.fetching import by_report
from tocsin.service.delivery.models import Night, NightList, NightState, Outcome, Report
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.shown import shown_reports
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.delivery.trends import trends_of
from tocsin.service.subscribers.models import Network, NetworkState

WHO = ("--owner", "Ada", "--reason", "The sinkhole answered for a crawler.")


def take(world: World) -> None:
    """Take, look over and plan what is there."""
    notice_nights(clock.now())
    world.desk.work()


def letters() -> list[EmailMultiAlternatives]:
    """Letters to strangers that were sent so far."""
    send_due(clock.now)
    found = [each for each in mail.outbox if "Seen in networks" in each.subject]
    return cast("list[EmailMultiAlternatives]", found)


def files_of(message: EmailMultiAlternatives) -> str:
    """What is in the files that came with it."""
    parts = [each for each in message.message().walk() if each.get_filename()]
    return "".join(cast("bytes", each.get_payload(decode=True)).decode() for each in parts)


@pytest.fixture
def strangers(world: World) -> World:
    """A contact that nobody asked for, and two rows of its network by two sensors."""
    on_file(("198.51.100.0/24", ABUSE, "XB"))
    policy()
    world.small.collect_events(
        [event(1, "198.51.100.9", sensor="s1"), event(2, "198.51.100.10", sensor="s2")]
    )
    world.night()
    take(world)
    return world


def test_a_stranger_is_not_sent_rows_that_were_recalled(strangers: World) -> None:
    called(strangers, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    (letter,) = letters()
    text = files_of(letter)
    assert "198.51.100.10" in text
    assert "198.51.100.9" not in text


def test_a_stranger_is_sent_nothing_if_all_was_recalled(strangers: World) -> None:
    called(strangers, "recall", "--source", "sensors", "--date", str(DAY), *WHO)
    assert letters() == []


def test_of_a_cut_report_whose_rows_are_not_kept_it_is_said_that_it_is_gone(world: World) -> None:
    first = given_out(world)
    called(world, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    path = first.partition("http://testserver")[2].split(maxsplit=1)[0]
    assert Client().get(path).status_code == 200
    shutil.rmtree(world.small.home.lake / "published")
    assert Client().get(path).status_code == 410


def shown(world: World) -> tuple[int, int, int]:
    """How many reports the portal shows, how many the API, and how many rows a question finds."""
    organisation = world.alpha.organisation
    key = ApiKey.objects.first()
    who = program(key if key is not None else made_key(organisation))
    numbers = list(organisation.lists.values_list("pk", flat=True))
    portal = shown_reports(organisation, numbers).count()
    asked = {"query": {"asn": 64496}, "date": str(DAY)}
    return portal, len(who.get("reports/list")), len(who.get("reports/query", **asked))


def made_again(**fields: object) -> Report:
    """A report that is in another revision of its day as well, which is as `fields` say."""
    night = Night.objects.get(revision=1)
    report, lists = Report.objects.get(night=night), NightList.objects.get(night=night)
    for name, value in {"revision": 2, "state": NightState.LATER, **fields}.items():
        setattr(night, name, value)
    for each in (night, report, lists):
        each.pk = None
        if each is not night:
            each.night = night  # type: ignore[union-attr]
        each.save(force_insert=True)
    return report


def test_what_was_held_of_an_unfinished_day_hides_nothing_of_the_day(world: World) -> None:
    given_out(world)
    assert shown(world) == (1, 1, 2)
    partial = made_again(partial=True, looked_at=clock.now())
    for outcome in (Outcome.HELD, Outcome.DROPPED, Outcome.LATER):
        Report.objects.filter(pk=partial.pk).update(outcome=outcome)
        assert shown(world) == (1, 1, 2), outcome


def test_an_unfinished_day_is_found_by_no_question(world: World) -> None:
    given_out(world)
    Night.objects.update(partial=True, state=NightState.LATER)
    Report.objects.update(outcome=Outcome.LATER)
    assert shown(world) == (0, 0, 0)


def test_a_day_made_anew_hides_nothing_before_it_was_looked_over(world: World) -> None:
    given_out(world)
    anew = made_again(looked_at=None)
    Report.objects.filter(pk=anew.pk).update(outcome=Outcome.HELD)
    assert shown(world) == (1, 1, 2)
    Night.objects.filter(revision=2).update(looked_at=clock.now())
    assert shown(world) == (0, 0, 0)


def given_out(world: World) -> str:
    """A night of two sensors, mailed to one person; the text of the mail."""
    installation.home().service.mkdir(exist_ok=True)
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1, sensor="s1"), event(2, "192.0.2.11", sensor="s2")])
    world.night()
    take(world)
    send_due(clock.now)
    (found,) = [each for each in mail.outbox if "Report: " in each.subject]
    return str(found.body)


def test_two_revisions_of_a_day_taken_at_one_moment_are_mailed_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_out(world)
    world.replay()
    finished = taking.read_finished(installation.home(), DAY, 2)
    with monkeypatch.context() as patched:
        # As if the other had not been written down when this one looked.
        patched.setattr(Night.objects, "filter", lambda **_: Night.objects.none())
        with pytest.raises(TransientError):
            taking.take(finished, clock.now())
    assert taking.take(finished, clock.now()).state == NightState.LATER


def test_the_page_of_reports_tells_no_count_of_rows_that_were_taken_back(world: World) -> None:
    given_out(world)
    called(world, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    world.desk.work()
    send_due(clock.now)
    browser = world.desk.signed_in(world.alpha.account)
    page = browser.get("/organisations/alpha/reports").content.decode()
    assert "a part" in page
    # The correction is no second mail of the report.
    assert "Mailed to one address." in page


def test_types_of_another_list_that_had_the_number_are_not_told(world: World) -> None:
    given_out(world)
    who = program(made_key(world.alpha.organisation))
    assert who.get("reports/types", date=str(DAY)) == ["event4_sinkhole"]
    NightList.objects.update(organisation="somebody-else")
    assert who.get("reports/types", date=str(DAY)) == []


def test_rows_about_a_domain_that_has_ended_are_cut_from_lists_of_domains(world: World) -> None:
    gamma = subscribed("gamma", ("example.com", "example.net"), domain="example.com")
    installation.home().service.mkdir(exist_ok=True)
    world.small.collect_events(
        [
            event(1, "203.0.113.1", src_hostname="www.example.com", hostname_confirmed=True),
            event(2, "203.0.113.2", src_hostname="www.example.net", hostname_confirmed=True),
        ]
    )
    world.night()
    take(world)
    organisation = gamma.organisation
    report = Report.objects.select_related("night").get()
    found = by_report(report, clock.now()).content
    assert found is not None
    assert found.rows == 2
    Network.objects.filter(organisation=organisation, value="example.net").update(
        state=NetworkState.FROZEN
    )
    content = by_report(report, clock.now()).content
    assert content is not None
    assert b"www.example.com" in content.whole()
    assert b"www.example.net" not in content.whole()
    who = program(made_key(organisation))
    asked = {"query": {"domain": "example.com"}, "date": str(DAY)}
    assert len(who.get("reports/query", **asked)) == 1
    asked = {"query": {"domain": ["example.com", "|example.net"]}, "date": str(DAY)}
    assert len(who.get("reports/query", **asked)) <= 1


def test_the_trend_of_a_mail_tells_no_count_of_rows_that_were_taken_back(world: World) -> None:
    given_out(world)
    report = Report.objects.select_related("night").get()
    owners = {report.list: "alpha"}
    assert trends_of([report], owners, {})[report.pk].counts[-1] == 2
    called(world, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    assert trends_of([report], owners, {})[report.pk].counts[-1] is None
