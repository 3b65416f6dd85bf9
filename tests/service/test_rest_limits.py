"""How often a key may call by REST: as by /api2, and counted with it."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.test import Client, override_settings
from tests.service.api_client import program
from tests.service.desk import Desk
from tests.service.founded import founded
from tests.service.rest_keys import client_of, client_with

from tocsin.configuration.service import ApiRules
from tocsin.service import installation
from tocsin.service.api.models import ApiKey


@pytest.fixture
def client(desk: Desk) -> Client:
    desk.pass_time(dt.timedelta(minutes=1))
    return client_of(founded("alpha", "AS64496"))


def test_calls_of_a_key_are_limited_by_whatever_api_and_fetching_reports_is_not(
    desk: Desk, client: Client
) -> None:
    key = ApiKey.objects.get()
    few = installation.configuration().model_copy(update={"api": ApiRules(calls_per_minute=3)})
    with override_settings(TOCSIN_CONFIGURATION=few):
        assert [client.get("/api/v1/me").status_code for _ in range(2)] == [200] * 2
        assert program(key).post("test/ping").status_code == 200
        refused = client.get("/api/v1/records")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert refused.headers["Content-Type"] == "application/problem+json"
        said = json.loads(refused.content)
        assert said["detail"] == "more than 3 calls in this minute"
        assert (said["where"], bool(said["todo"])) == (key.name, True)
        assert program(key).post("test/ping").status_code == 429
        assert {client.get("/api/v1/reports").status_code for _ in range(5)} == {200}
        assert client.get("/api/v1/reports/2026-11-22-x-y.csv/rows").status_code == 404
        desk.pass_time(dt.timedelta(seconds=50))
        assert client.get("/api/v1/me").headers["Retry-After"] == "10"
        other = client_of(key.organisation)
        assert other.get("/api/v1/me").status_code == 200
        desk.pass_time(dt.timedelta(seconds=10))
        assert client.get("/api/v1/me").status_code == 200


def test_a_wrong_secret_takes_nothing_from_the_key_that_it_names(client: Client) -> None:
    key = ApiKey.objects.get()
    few = installation.configuration().model_copy(update={"api": ApiRules(calls_per_minute=1)})
    with override_settings(TOCSIN_CONFIGURATION=few):
        for secret in ("", "x", "x" * 300):
            wrong = Client(headers={"Authorization": f"Bearer {key.key_id}.{secret}"})
            assert wrong.get("/api/v1/me").status_code == 401
        assert client_with(key).get("/api/v1/me").status_code == 200


def test_a_key_is_bound_to_where_it_may_be_used_from(client: Client) -> None:
    ApiKey.objects.update(sources=["198.51.100.0/24"])
    assert client.get("/api/v1/me").status_code == 401
    ApiKey.objects.update(sources=["127.0.0.0/8"])
    assert client.get("/api/v1/me").status_code == 200
    assert ApiKey.objects.get().last_used is not None
