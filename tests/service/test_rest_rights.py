"""Every operation of REST says what a key needs for it, and no key opens what is not its own."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from django.test import Client, override_settings
from openapi_spec_validator import validate
from tests.service.desk import Desk, now
from tests.service.founded import founded
from tests.service.linked import body_of
from tests.service.rest_keys import client_of

from tocsin.configuration.service import ApiRules
from tocsin.service import installation
from tocsin.service.delivery.models import Night, NightList, NightState, Outcome, Report
from tocsin.service.rest.api import API
from tocsin.service.subscribers.models import MailingList, Organisation

MARKER = "markerofb"


@dataclass(frozen=True)
class Needs:
    """The groups that a key needs; whether calls are counted; the name in the path, `*` for one
    that holds the organisation's.
    """

    groups: frozenset[str] = frozenset({"reports"})
    counted: bool = True
    name: str = ""


_REPORT = "2026-11-22-event4_sinkhole-*-asn.csv"
TABLE = {
    ("get", "me"): Needs(frozenset()),
    ("get", "lists"): Needs(),
    ("get", "types"): Needs(),
    ("get", "types/{name}"): Needs(name="event4_sinkhole"),
    ("get", "reports"): Needs(counted=False),
    ("get", "reports/{name}"): Needs(counted=False, name=_REPORT),
    ("get", "reports/{name}/rows"): Needs(counted=False, name=_REPORT),
    ("get", "records"): Needs(),
    ("get", "findings"): Needs(),
    ("post", "findings/marks"): Needs(frozenset({"reports", "findings"})),
}
"""A new operation needs a row here."""

FORMS = ("application/json", "application/x-ndjson", "text/csv", "application/vnd.apache.parquet")


@dataclass(frozen=True)
class Two:
    """Organisations A and B, each with a report, and their clients."""

    a: Organisation
    of_a: Client
    of_b: Client


@pytest.fixture
def two(desk: Desk) -> Two:
    a, b = founded("alpha", "AS64496"), founded(MARKER, "AS64497")
    night = Night.objects.create(
        day="2026-11-22", revision=1, state=NightState.CHECKED, manifest="0" * 64, taken_at=now()
    )
    for each, asn in ((a, 64496), (b, 64497)):
        number = each.lists.get().pk
        NightList.objects.create(
            night=night, list=number, organisation=each.slug, networks=[f"asn {asn}"]
        )
        Report.objects.create(
            night=night, day=night.day, list=number, report_type="event4_sinkhole",
            file=f"2026-11-22-event4_sinkhole-{each.slug}-asn.csv", rows=1, bytes=1,
            sha256="0" * 64, pack="packs/event4_sinkhole.pack", offset=0, outcome=Outcome.PLANNED,
        )  # fmt: skip
    return Two(a, client_of(a), client_of(b))


def _call(
    client: Client, method: str, path: str, slug: str, asked: str = "", form: str = "*/*"
) -> tuple[int, str]:
    name = TABLE[method, path].name.replace("*", slug)
    answer = client.generic(
        method.upper(),
        f"/api/v1/{path.replace('{name}', name)}{asked}",
        b'{"marks": []}' if method == "post" else b"",
        content_type="application/json",
        headers={"Accept": form},
    )
    return answer.status_code, body_of(answer).decode("utf-8", "replace")


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    paths = API.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    assert {
        (method, path.removeprefix("/api/v1/")) for path, said in paths.items() for method in said
    } == set(TABLE)


def test_the_description_is_openapi_and_tells_what_is_limited() -> None:
    said = json.loads(json.dumps(API.get_openapi_schema(path_prefix="/api/v1/")))
    validate(said)
    assert said["openapi"].startswith("3.1")
    for (method, path), needs in TABLE.items():
        responses = said["paths"][f"/api/v1/{path}"][method]["responses"]
        assert ("429" in responses) == needs.counted, path
        assert "Retry-After" in responses["503"]["headers"]


def test_without_a_key_nothing_is_answered(two: Two) -> None:
    for method, path in TABLE:
        assert _call(Client(), method, path, "alpha")[0] == 401, path


def test_a_key_without_a_group_gets_nothing_of_it(two: Two) -> None:
    for groups in (frozenset(), frozenset({"reports"}), frozenset({"findings"})):
        client = client_of(two.a, groups=groups)
        for (method, path), needs in TABLE.items():
            status = _call(client, method, path, "alpha")[0]
            assert (status == 403) == (not needs.groups <= groups), (path, groups)


def test_calls_are_counted_where_the_table_says_so(two: Two) -> None:
    none = installation.configuration().model_copy(update={"api": ApiRules(calls_per_minute=1)})
    with override_settings(TOCSIN_CONFIGURATION=none):
        for (method, path), needs in TABLE.items():
            client = client_of(two.a)
            _, second = (_call(client, method, path, "alpha")[0] for _ in range(2))
            assert (second == 429) == needs.counted, path


def test_no_key_sees_anything_of_another_organisation(two: Two) -> None:
    assert MARKER in _call(two.of_b, "get", "reports", MARKER)[1]
    theirs = f"no report '2026-11-22-event4_sinkhole-{MARKER}-asn.csv' is open to this key"
    other = MailingList.objects.get(name=MARKER).pk
    # All on one page: the address of a next one would say again what was asked.
    asked = (
        "", f"list={MARKER}-asn", f"list={other}", "type=event4_sinkhole",
        "query={%22asn%22:64497}", f"query={{%22text%22:%22{MARKER}%22}}",
    )  # fmt: skip
    for method, path in TABLE:
        for each in asked:
            for slug in ("alpha", MARKER):
                for form in FORMS:
                    said = _call(two.of_a, method, path, slug, f"?limit=1000&{each}", form)[1]
                    # A name that was asked for is named when it is refused.
                    told = said.replace(theirs, "").replace(f"no list '{MARKER}-asn' is open", "")
                    assert MARKER not in told, (path, each, form)


def test_what_is_anothers_and_what_is_nobodys_are_refused_alike(two: Two) -> None:
    for path in ("reports/{name}", "reports/{name}/rows"):
        theirs, nobodys = (_call(two.of_a, "get", path, slug) for slug in (MARKER, "nobodys"))
        assert theirs == (404, nobodys[1].replace("nobodys", MARKER))
    for path in ("records", "reports", "findings"):
        theirs, nobodys = (
            _call(two.of_a, "get", path, "", f"?list={slug}-asn") for slug in (MARKER, "nobodys")
        )
        assert theirs == (404, nobodys[1].replace("nobodys", MARKER))
