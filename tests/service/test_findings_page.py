"""The page of findings: shown to whom, and what its buttons and files do."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.fakes.small_home import event
from tests.service.objecting_world import World
from tests.service.subscribed import member_of, subscribed

from tocsin.service import clock
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.findings.models import FindingMark, PrefixLabel
from tocsin.service.findings.own import own_findings
from tocsin.service.subscribers.models import Case

PAGE = "/organisations/alpha/findings"


@pytest.fixture
def night(world: World) -> World:
    """Two findings of `alpha`, and one of `beta`."""
    subscribed("beta", ["AS64497"], domain="example.net")
    events = [event(1), event(2, "192.0.2.11", infection="<b>bad</b>")]
    world.small.collect_events([*events, event(3, "198.51.100.9")])
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    return world


@pytest.fixture
def admin(night: World) -> Client:
    return night.desk.signed_in(night.alpha.account)


def _ids(world: World) -> list[str]:
    lists = {world.alpha.list.pk: world.alpha.list}
    return [each.id for each in own_findings(lists, clock.now())]


def _shown(client: Client, query: str = "") -> str:
    return client.get(PAGE + query, follow=True).content.decode()


def test_the_page_shows_what_is_theirs_and_hostile_text_as_text(admin: Client) -> None:
    page = _shown(admin)
    assert "192.0.2.10" in page
    assert "&lt;b&gt;bad" in page
    assert "<b>bad" not in page
    assert "198.51.100.9" not in page


def test_the_filter_finds_by_text_and_state(admin: Client) -> None:
    assert "192.0.2.11" not in _shown(admin, "?find=192.0.2.10")
    assert "192.0.2.10" not in _shown(admin, "?state=fixed")
    assert "192.0.2.10" in _shown(admin, "?state=nonsense&page=99")


def test_buttons_say_it_of_those_that_are_ticked(night: World, admin: Client) -> None:
    first, second = _ids(night)
    admin.post(f"{PAGE}/say", {"do": "ticket", "ticket": "NOC-1", "finding": [first, second]})
    admin.post(f"{PAGE}/say", {"do": "fixed", "finding": [first]})
    assert {each.ticket for each in FindingMark.objects.all()} == {"NOC-1"}
    assert Case.objects.count() == 1
    assert "NOC-1" in _shown(admin)


def test_a_mistake_is_told_and_nothing_is_changed(night: World, admin: Client) -> None:
    for said in (
        {"do": "seen"},
        {"do": "nonsense", "finding": _ids(night)},
        {"do": "risk", "until": "soon", "finding": _ids(night)},
        {"do": "seen", "finding": ["0" * 32]},
    ):
        answer = admin.post(f"{PAGE}/say", said, follow=True)
        assert "message-error" in answer.content.decode()
    assert not FindingMark.objects.exists()


def test_the_table_comes_back_filled_in(night: World, admin: Client) -> None:
    table = b"".join(admin.get(f"{PAGE}/table").streaming_content)  # type: ignore[attr-defined]
    assert table.count(b"\n") == 3
    filled = f"id,seen,note\n{_ids(night)[0]},yes,looked at it\n".encode()
    file = SimpleUploadedFile("findings.csv", filled, "text/csv")
    admin.post(f"{PAGE}/say", {"table": file})
    assert FindingMark.objects.get().note == "looked at it"


def test_labels_are_replaced_by_a_file(night: World, admin: Client) -> None:
    file = SimpleUploadedFile("labels.csv", b"prefix,label\n192.0.2.0/28,Pool A\n", "text/csv")
    admin.post(f"{PAGE}/labels", {"labels": file})
    assert PrefixLabel.objects.get().label == "Pool A"
    assert "Pool A" in _shown(admin)


def test_a_member_sees_and_does_not_say(night: World) -> None:
    member = night.desk.signed_in(member_of(night.alpha))
    assert "192.0.2.10" in _shown(member)
    assert member.post(f"{PAGE}/say", {"do": "seen", "finding": _ids(night)}).status_code == 404
    assert not FindingMark.objects.exists()


def test_staff_see_and_do_not_say(night: World) -> None:
    staff = night.desk.signed_in(night.desk.reviewer())
    assert "192.0.2.10" in _shown(staff)
    staff.post(f"{PAGE}/say", {"do": "seen", "finding": _ids(night)})
    assert not FindingMark.objects.exists()
