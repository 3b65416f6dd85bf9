"""The mailbox page of a demonstration: what was mailed, as it was mailed, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.mail import get_connection
from django.test import Client, override_settings
from django.urls import reverse
from tests.fakes.small_home import event
from tests.service.objecting_world import World

from tocsin.configuration.service import ServicePlace
from tocsin.service import clock, installation
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights

FOLDER = "tocsin.service.letters.folder_backend.FolderBackend"


@pytest.fixture
def number(world: World) -> Iterator[str]:
    """The number of the one report that was mailed in a demonstration."""
    named = installation.configuration().model_copy(
        update={"service": ServicePlace(address="http://testserver", demonstration=True)}
    )
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1)])
    world.night()
    with override_settings(TOCSIN_CONFIGURATION=named, EMAIL_BACKEND=FOLDER):
        notice_nights(clock.now())
        world.desk.work()
        send_due(clock.now)
        (path,) = [
            each
            for each in installation.unsent_mail().glob("*.eml")
            if b"List-Id:" in each.read_bytes()
        ]
        yield path.stem
        get_connection(FOLDER).close()


def test_a_report_is_shown_with_its_file_its_html_and_a_link_that_works(number: str) -> None:
    browser = Client()
    page = browser.get(reverse("demonstration_mailbox")).content.decode()
    assert reverse("demonstration_html", args=(number,)) in page
    link = page.split('href="http://testserver/dl/')[1].split('"', maxsplit=1)[0]
    assert browser.get(f"/dl/{link}").status_code == 200
    shown = browser.get(reverse("demonstration_html", args=(number,)))
    assert f"/dl/{link}" in shown.content.decode()
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    file = browser.get(reverse("demonstration_file", args=(number, 0)))
    assert file.content[:2] == b"PK"
    assert file.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("wrong", ["000001-0", "secret", "..", "000001-0123456789ab"])
def test_nothing_but_a_message_is_shown(number: str, wrong: str) -> None:
    for name in ("html", "files/0", "pictures/x"):
        assert Client().get(f"/demonstration/mailbox/{wrong}/{name}").status_code == 404
    assert Client().get(f"/demonstration/mailbox/{number}/files/7").status_code == 404
