"""How many letters staff get: none is lost, and one tells of those that were held back."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.service.desk import Desk

from tocsin.configuration.service import MailPlace
from tocsin.service import clock, installation
from tocsin.service.letters.models import Letter, LetterState
from tocsin.service.letters.staff import write_to_staff

STAFF = "staff@tocsin.example.org"
REST = """\
On 2026-11-23 you got as many letters from us as you are to get in a day. 5 more were held back:

  4 about mail that is for you to read, in the portal under Mail
  1 about organisations that were frozen

Nothing of that is lost. All of it is in the portal:

  http://testserver/staff/requests/
  http://testserver/staff/letters/?state=held
  http://testserver/staff/mail/

If you do nothing, all of it stays as it is. How many letters you get is set by
mail.most_to_staff_per_day.

Tocsin
"""


@pytest.fixture(autouse=True)
def _three_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    place = MailPlace(staff=STAFF, most_to_staff_per_day=3)
    changed = installation.configuration().model_copy(update={"mail": place})
    monkeypatch.setattr("django.conf.settings.TOCSIN_CONFIGURATION", changed)


def written(desk: Desk, text: str, *numbers: int) -> None:
    for each in numbers:
        write_to_staff(text, f"{text} {each}", {"about": str(each)}, clock.now())
    desk.work()


def test_so_many_a_day_and_then_one_that_counts_the_rest(desk: Desk) -> None:
    written(desk, "mail_for_staff", *range(7))
    written(desk, "staff_frozen", *range(4))
    # What has been written already is written once, held back or not.
    written(desk, "mail_for_staff", *range(7))
    assert len(desk.letters_to(STAFF)) == 6
    desk.pass_time(dt.timedelta(hours=16))
    desk.work()
    rest = desk.letters_to(STAFF)[6:]
    assert [each.subject for each in rest] == ["[Tocsin] 5 more letters on 2026-11-23"]
    assert rest[0].body == REST
    desk.pass_time(dt.timedelta(days=1))
    desk.work()
    assert len(desk.letters_to(STAFF)) == 7
    assert Letter.objects.filter(state=LetterState.HELD).count() == 5


def test_a_flood_of_mail_hides_no_letter_of_another_kind(desk: Desk) -> None:
    written(desk, "mail_for_staff", *range(20))
    written(desk, "staff_not_us", 1)
    assert len(desk.letters_to(STAFF)) == 4


def test_the_next_day_begins_anew(desk: Desk) -> None:
    written(desk, "mail_for_staff", *range(5))
    desk.pass_time(dt.timedelta(days=1))
    written(desk, "mail_for_staff", 5, 6)
    bodies = [each.subject for each in desk.letters_to(STAFF)]
    assert len(bodies) == 3 + 1 + 2
