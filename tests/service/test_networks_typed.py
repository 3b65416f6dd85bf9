"""What nobody can have is refused where it is typed, with the reason."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.service.desk import Desk
from tests.service.feeds import feed
from tests.service.test_asking_to_reports import FORM

from tocsin.service.subscribers.models import Request

REFUSED = [
    ("10.0.0.0/8", "10.0.0.0/8 is"),
    ("192.168.7.0/24", "192.168.7.0/24 is"),
    ("fc00::/32", "nobody holds it on the public Internet"),
    ("0.0.0.0/1", "broader than a /"),
    ("AS64512", "set aside for private use"),
    ("host.invalid", "no top-level domain of the public Internet"),
]


@pytest.mark.parametrize(("network", "reason"), REFUSED)
def test_the_form_that_asks_says_what_nobody_can_have(
    desk: Desk, network: str, reason: str
) -> None:
    said = {**FORM, "networks": f"AS64496 {network}"}
    answer = Client().post("/ask", said)
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert not Request.objects.exists()


@pytest.mark.parametrize(("network", "reason"), REFUSED)
def test_so_does_the_form_that_adds(desk: Desk, network: str, reason: str) -> None:
    isp = feed("AS64496")
    answer = isp.browser(desk, "ada").post(
        isp.page("networks/add"), {"networks": network}, follow=True
    )
    assert reason in answer.content.decode()
    assert not Request.objects.exists()


def test_all_that_is_wrong_is_said_at_once(desk: Desk) -> None:
    said = {**FORM, "networks": "10.0.0.0/8 AS0 nonsense! AS64496"}
    page = Client().post("/ask", said).content.decode()
    for each in ("10.0.0.0/8", "AS0", "nonsense!"):
        assert page.count(each) >= 2, each
