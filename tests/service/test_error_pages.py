"""Pages for what goes wrong look like the others, and say what to do."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.test import Client
from tests.service.desk import Desk
from tests.service.rights_world import make_world


def test_what_is_not_there_and_what_is_not_theirs_look_the_same(desk: Desk) -> None:
    browser = make_world(desk).browser("admin of A")
    other, none = (browser.get(f"/organisations/{slug}/") for slug in ("cert", "no-such"))
    assert other.status_code == none.status_code == 404
    assert other.content == none.content or len(other.content) == len(none.content)
    assert "There is no such page" in none.content.decode()


def test_refusals_say_what_to_do(desk: Desk) -> None:
    world = make_world(desk)
    assert "not yours to do" in world.browser("auditor").get("/staff/work/").content.decode()
    strict = Client(enforce_csrf_checks=True)
    assert "load the page anew" in strict.post("/ask").content.decode()
    assert "Nothing was changed" in render_to_string("500.html")
