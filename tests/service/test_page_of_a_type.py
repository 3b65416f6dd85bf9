"""The public page of a kind of report, to which every mail leads."""

from __future__ import annotations

from django.test import Client
from tests.service.desk import Desk

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import installation
from tocsin.service.delivery.compose.filters import marked


def test_everybody_can_read_what_a_report_says_and_what_to_do(desk: Desk) -> None:
    said = Client().get("/types/event4_sinkhole_http").content.decode()
    for title in ("What a row says", "Why it matters", "What to do", "How it is seen", "Columns"):
        assert title in said
    entry = home_catalogue(installation.home()).report_types["event4_sinkhole_http"]
    for column in entry.columns:
        assert f'<td class="mono">{column.name}</td><td>{column.kind.value}</td>' in said
    assert 'href="/types/event6_sinkhole_http"' in said
    assert "<code>machine_name</code>" in said


def test_an_older_name_leads_to_the_name_that_a_type_has(desk: Desk) -> None:
    answer = Client().get("/types/blacklist")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/types/blocklist")


def test_a_type_that_there_is_not_is_not_found(desk: Desk) -> None:
    assert Client().get("/types/no_such_type").status_code == 404


def test_every_type_has_a_page(desk: Desk) -> None:
    browser = Client()
    types = home_catalogue(installation.home()).report_types
    wrong = [each for each in types if browser.get(f"/types/{each}").status_code != 200]
    assert wrong == []
    assert len(types) >= 173


def test_texts_of_the_catalogue_are_escaped() -> None:
    assert marked("a `<b>` & <i>") == "a <code>&lt;b&gt;</code> &amp; &lt;i&gt;"
