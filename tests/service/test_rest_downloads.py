"""The rows of a report by REST: the file of the link, with its parts, in the words of REST."""

from __future__ import annotations

import gzip
import json

import pytest
from django.test import Client
from tests.service.linked import FILE, Linked, body_of, linked
from tests.service.objecting_world import World
from tests.service.rest_keys import client_of

from tocsin.service import installation

ROWS = f"/api/v1/reports/{FILE}/rows"


@pytest.fixture
def given(world: World) -> Linked:
    installation.home().service.mkdir(exist_ok=True)
    return linked(world, rows=40)


@pytest.fixture
def client(given: Linked) -> Client:
    return client_of(given.world.alpha.organisation)


def test_the_file_is_the_one_that_the_link_gives(given: Linked, client: Client) -> None:
    got, by_link = client.get(ROWS), given.get()
    assert body_of(got) == body_of(by_link) == given.whole()
    for name in ("ETag", "Last-Modified", "Content-Length", "Content-Disposition", "Accept-Ranges"):
        assert got.headers[name] == by_link.headers[name], name
    assert {"Accept", "Accept-Encoding", "Authorization"} <= set(got.headers["Vary"].split(", "))
    packed = client.get(ROWS, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(body_of(packed)) == given.whole()


def test_a_broken_download_is_ended_by_its_rest(given: Linked, client: Client) -> None:
    tag = client.get(ROWS).headers["ETag"]
    rest = client.get(ROWS, headers={"Range": "bytes=1000-", "If-Range": tag})
    assert (rest.status_code, body_of(rest)) == (206, given.whole()[1000:])
    assert rest.headers["Content-Range"].startswith("bytes 1000-")
    other = client.get(ROWS, headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (other.status_code, body_of(other)) == (200, given.whole())


def test_head_tells_of_the_whole_file_and_has_none_of_it(given: Linked, client: Client) -> None:
    got = client.head(ROWS, headers={"Range": "bytes=1-2"})
    assert (got.status_code, body_of(got)) == (200, b"")
    assert got.headers["Content-Length"] == str(len(given.whole()))
    listing = client.head("/api/v1/reports")
    assert int(listing.headers["Content-Length"]) == len(client.get("/api/v1/reports").content)


def test_bytes_that_there_are_not_are_refused_as_a_problem(given: Linked, client: Client) -> None:
    got = client.get(ROWS, headers={"Range": "bytes=999999-"})
    said = json.loads(body_of(got))
    assert (got.status_code, said["where"]) == (416, "Range")
    assert got.headers["Content-Range"] == f"bytes */{len(given.whole())}"
    assert got.headers["Content-Type"] == "application/problem+json"
    unmet = client.get(ROWS, headers={"If-Match": '"other"'})
    assert (unmet.status_code, json.loads(body_of(unmet))["where"]) == (412, "If-Match")


def test_what_is_made_of_the_file_comes_whole_and_is_not_sent_twice(client: Client) -> None:
    for accepted in ("application/json", "application/x-ndjson", "application/vnd.apache.parquet"):
        headers = {"Accept": accepted, "Range": "bytes=0-1"}
        got = client.get(ROWS, headers=headers)
        assert (got.status_code, got.headers["Accept-Ranges"]) == (200, "none")
        tag = got.headers["ETag"]
        again = client.get(ROWS, headers={**headers, "If-None-Match": tag})
        assert (again.status_code, again.headers["ETag"], body_of(again)) == (304, tag, b"")
