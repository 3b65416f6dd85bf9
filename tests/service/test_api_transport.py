"""How calls are made: signed bytes in, JSON out, and a word of error where something is wrong."""

from __future__ import annotations

import datetime as dt
import json
import logging
from typing import Any

import pytest
from django.test import Client, override_settings
from tests.service.api_client import Program, made_key, program, signed
from tests.service.desk import Desk, now
from tests.service.founded import founded

from tocsin.configuration.service import ApiRules
from tocsin.service import clock, installation
from tocsin.service.api.answers import Method
from tocsin.service.api.checking import FORGETTING, KEPT
from tocsin.service.api.counts import answers_so_far
from tocsin.service.api.keys import derived
from tocsin.service.api.methods import METHODS
from tocsin.service.api.models import ApiKey, SeenRequest
from tocsin.service.api.senders import sender_of

PONG = {"pong": "2026-11-23 09:00:00Z"}


@pytest.fixture
def who(desk: Desk) -> Program:
    return program(made_key(founded("alpha", "AS64496")))


def _error(response: Any) -> tuple[int, str]:
    return response.status_code, json.loads(response.content)["error"]


def _send(who: Program, body: bytes, **headers: str) -> Any:
    return who.send("test/ping", body, signed(who.secret, body), headers)


@pytest.mark.parametrize(
    "path", ["test/ping", "test/ping/", "test-ping", "test_ping", "key/info", "key-info"]
)
def test_a_method_is_found_under_all_its_names(who: Program, path: str) -> None:
    assert who.post(path).status_code == 200


def test_underscores_and_dashes_are_the_same(who: Program) -> None:
    for name in ("reports/device-info", "reports/device_info", "reports/device_info/"):
        assert who.error(name)[0] == 400


def test_key_info_is_a_list_of_one(who: Program) -> None:
    (info,) = who.get("key/info")
    assert info["key"] == who.key
    assert info["groups"] == ["reports"]
    assert info["reports"] == ["alpha-asn"]
    assert info["created"] == "2026-11-23 09:00:00Z"


def test_the_signature_is_over_the_exact_bytes(who: Program) -> None:
    body = json.dumps({"apikey": who.key, "note": "\u00e9"}, indent=3).encode()
    assert _send(who, body).json() == PONG
    assert _error(who.send("test/ping", body + b" ", signed(who.secret, body), {}))[0] == 401
    assert who.send("test/ping", body, signed(who.secret, body).upper(), {}).status_code == 200


def test_an_unknown_key_and_a_wrong_signature_are_told_alike(who: Program) -> None:
    body = json.dumps({"apikey": who.key}).encode()
    other = json.dumps({"apikey": "A" * 24}).encode()
    told = [
        _error(who.send("test/ping", body, "", {})),
        _error(who.send("test/ping", body, signed("guess", body), {})),
        _error(who.send("test/ping", other, signed(who.secret, other), {})),
        # What the secret of such a key would be, does not make it one.
        _error(who.send("test/ping", other, signed(derived("A" * 24, 1, 0), other), {})),
        _error(_send(who, b"{}")),
        _error(_send(who, b'{"apikey": 1}')),
        _error(_send(who, b'{"apikey": ["a"]}')),
        _error(_send(who, b'{"apikey": "\\ud800"}')),
        _error(_send(who, b'{"apikey": "a\\u0000b"}')),
        _error(_send(who, json.dumps({"apikey": who.key + "x" * 100}).encode())),
    ]
    assert set(told) == {(401, "the key or the signature (header HMAC2) is wrong")}


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b'"text"', b"\xff\xfe", b'{"a": NaN}', b"[" * 60_000, b"1" * 60_000],
)
def test_what_is_not_one_json_object_is_refused(who: Program, body: bytes) -> None:
    status, words = _error(_send(who, body))
    assert status == 400
    assert "JSON" in words


def test_a_body_that_is_too_large_is_refused(who: Program) -> None:
    body = json.dumps({"apikey": who.key, "x": "y" * (64 << 10)}).encode()
    assert _error(_send(who, body)) == (413, "the body is larger than 64 KiB")


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_methods_are_posted_to(who: Program, verb: str) -> None:
    response = Client().generic(verb, "/api2/test/ping")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "name", ["", "nothing", "test/pong", "test/ping/more", "../ping", "x" * 500]
)
def test_there_is_no_other_method(who: Program, name: str) -> None:
    if name:
        assert who.error(name) == (404, "there is no such method")
    else:
        assert who.post(name).status_code == 404


def test_a_key_needs_the_group_of_the_method(who: Program) -> None:
    ApiKey.objects.update(groups=["other"])
    assert who.error("reports/list") == (403, "this key is not of the group reports")
    assert who.get("test/ping") == PONG


def test_calls_are_limited_and_fetching_reports_is_not(desk: Desk, who: Program) -> None:
    few = installation.configuration().model_copy(update={"api": ApiRules(calls_per_minute=3)})
    with override_settings(TOCSIN_CONFIGURATION=few):
        desk.pass_time(dt.timedelta(minutes=1))
        assert [who.post("test/ping").status_code for _ in range(5)] == [200] * 3 + [429] * 2
        assert who.post("test/ping").headers["Retry-After"] == "60"
        assert {who.post("reports/list").status_code for _ in range(9)} == {200}
        other = program(made_key(ApiKey.objects.get().organisation, "other"))
        assert other.post("test/ping").status_code == 200
        desk.pass_time(dt.timedelta(minutes=1))
        assert who.post("test/ping").status_code == 200


class TestTime:
    """The header with the time, which the original's clients do not have."""

    def _sent(self, who: Program, moment: str, **more: str) -> Any:
        body = json.dumps({"apikey": who.key, **more}).encode()
        text = moment.encode() + b"\n" + body
        headers = {"X-Tocsin-Timestamp": moment}
        return who.send("test/ping", body, signed(who.secret, text), headers)

    def test_the_same_request_is_taken_once(self, who: Program) -> None:
        moment = str(int(now().timestamp()))
        assert self._sent(who, moment).json() == PONG
        assert _error(self._sent(who, moment)) == (401, "this very request was made before")
        assert self._sent(who, moment, x="other").status_code == 200

    def test_without_the_header_the_same_bytes_are_taken_again(self, who: Program) -> None:
        assert [who.get("test/ping"), who.get("test/ping")] == [PONG, PONG]
        assert not SeenRequest.objects.exists()

    @pytest.mark.parametrize("seconds", [-301, 301, -86_400])
    def test_a_time_far_from_ours_is_refused(self, who: Program, seconds: int) -> None:
        moment = str(int(now().timestamp()) + seconds)
        assert "5 minutes" in _error(self._sent(who, moment))[1]

    @pytest.mark.parametrize("moment", ["soon", "1e9", "-1", "9" * 13])
    def test_what_is_no_time_is_refused(self, who: Program, moment: str) -> None:
        assert _error(self._sent(who, moment))[0] == 401

    def test_the_time_is_part_of_what_is_signed(self, who: Program) -> None:
        moment = str(int(now().timestamp()))
        body = json.dumps({"apikey": who.key}).encode()
        right = signed(who.secret, moment.encode() + b"\n" + body)
        later = {"X-Tocsin-Timestamp": str(int(moment) + 60)}
        assert _error(who.send("test/ping", body, right, later))[0] == 401
        assert _error(who.send("test/ping", body, right, {}))[0] == 401
        assert _error(who.send("test/ping", body, signed(who.secret, body), later))[0] == 401

    def test_what_was_seen_is_forgotten_when_no_time_brings_it_back(
        self, desk: Desk, who: Program
    ) -> None:
        self._sent(who, str(int(now().timestamp())))
        FORGETTING.inner({}, None, clock.now() + KEPT)
        assert SeenRequest.objects.count() == 1
        FORGETTING.inner({}, None, clock.now() + KEPT + dt.timedelta(seconds=1))
        assert SeenRequest.objects.count() == 0


def test_what_goes_wrong_within_is_not_told(
    who: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the inside of the service")

    monkeypatch.setitem(METHODS, "test/ping", Method(broken))
    with caplog.at_level(logging.DEBUG):
        status, words = who.error("test/ping", note="hunter2 is in the body")
    assert status == 500
    assert "inside" not in words
    assert "the inside of the service" in caplog.text
    for secret in (who.secret, who.key, "hunter2"):
        assert secret not in caplog.text


def test_answers_are_counted(who: Program) -> None:
    before = answers_so_far().get(("test/ping", 200), 0)
    who.get("test/ping")
    assert answers_so_far()["test/ping", 200] == before + 1


@pytest.mark.parametrize(
    ("forwarded", "proxies", "sender"),
    [
        ("", 0, "192.0.2.1"),
        ("203.0.113.9", 0, "192.0.2.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("198.51.100.7, 203.0.113.9", 1, "203.0.113.9"),
        ("198.51.100.7, 203.0.113.9", 2, "198.51.100.7"),
        ("203.0.113.9", 2, "192.0.2.1"),
        ("", 1, "192.0.2.1"),
    ],
)
def test_a_client_cannot_say_where_it_is(forwarded: str, proxies: int, sender: str) -> None:
    assert sender_of("192.0.2.1", forwarded, proxies) == sender
