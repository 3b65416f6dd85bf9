"""Fetching maps from a publisher that may be slow, refuse, be dead, or not tell the truth."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest

from tocsin.engine.atlas.checksums import digest_for
from tocsin.engine.atlas.fake_publisher import FakePublisher, Lie, fake_publisher
from tocsin.engine.atlas.fetch import Came, Fetched, Fetching
from tocsin.engine.atlas.http_publisher import HttpPublisher
from tocsin.engine.atlas.maps import PUBLIC_MAPS, PublicMap, Use, file_name, shown
from tocsin.engine.atlas.publisher import DirectoryPublisher, Publisher, Version
from tocsin.model.errors import AtlasError, PublisherUnreachable, TocsinError

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
_TABLE = gzip.compress(
    b"".join(b"192.0.2.%d/32\t64496\n" % n for n in range(256)) * 40, compresslevel=0, mtime=0
)
_DELEGATED = b"2|arin|1|1|1|20261121|+0\narin|XA|ipv4|192.0.2.0|256|2001|assigned|h\n"
_MANY = b"2|arin|1|100|19830101|20261121|+0\n" + b"".join(
    b"arin|XA|ipv4|192.0.2.%d|1|2001|assigned|h\n" % n for n in range(100)
)
_RANGES = b"192.0.2.0\t192.0.2.255\t64496\tXA\tEXAMPLE-ONE\n"
_NAMES = b"".join(b"%d EXAMPLE-%d, XA\n" % (n, n) for n in range(1, 2501))


def _md5(content: bytes, name: str = "delegated-20261122") -> bytes:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return f"MD5 ({name}) = {digest}\n".encode()


@dataclass
class World:
    """A publisher with two maps, and what fetches from it."""

    fake: FakePublisher
    files: dict[str, bytes]
    folder: Path
    waits: list[float] = field(default_factory=list)
    http: HttpPublisher = field(default_factory=lambda: HttpPublisher(silence=5.0))

    @property
    def routes(self) -> PublicMap:
        return PublicMap("routes", Use.ROUTES, self.fake.url("/data/table.gz"), licence="PDDL")

    @property
    def places(self) -> PublicMap:
        url = self.fake.url("/stats/latest")
        return PublicMap("places", Use.GEO, url, f"{url}.md5")

    def fetching(self, publisher: Publisher | None = None, now: dt.datetime = NOW) -> Fetching:
        return Fetching(publisher or self.http, self.folder, now, 3, self.waits.append)

    def fetch(self, *wanted: PublicMap, now: dt.datetime = NOW) -> tuple[Fetched, ...]:
        advanced: list[int] = []
        got = self.fetching(now=now).all_of(wanted or (self.routes, self.places), advanced.append)
        assert len(got) == len(advanced)
        return got

    def fails(self, wanted: PublicMap) -> TocsinError:
        with pytest.raises((AtlasError, PublisherUnreachable)) as caught:
            self.fetch(wanted)
        assert self.leftovers() == []
        return caught.value

    def leftovers(self) -> list[Path]:
        """Files that are neither a map nor its label."""
        return [path for path in self.folder.rglob(".*") if path.is_file()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    files = {
        "/data/table.gz": _TABLE,
        "/stats/latest": _DELEGATED,
        "/stats/latest.md5": _md5(_DELEGATED),
    }
    with fake_publisher(files) as fake:
        yield World(fake, files, tmp_path / "maps")


def test_maps_are_fetched_whole_with_date_checksum_and_licence(world: World) -> None:
    routes, places = world.fetch()
    assert routes.path.read_bytes() == _TABLE
    assert routes.sha256 == hashlib.sha256(_TABLE).hexdigest()
    assert (routes.day, routes.came, routes.of.licence) == ("2026-11-22", Came.NEW, "PDDL")
    assert places.path.read_bytes() == _DELEGATED
    assert world.leftovers() == []


@pytest.mark.parametrize(
    "modified",
    [
        "",
        "yesterday",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2020 00:00:99999999999999999999999999999999 GMT",
        "Mon, 23 Nov 2026 00:00:00 GMT",
    ],
)
def test_a_date_that_is_none_or_yet_to_come_is_not_believed(world: World, modified: str) -> None:
    world.fake.dials.modified = modified
    (routes,) = world.fetch(world.routes)
    assert (routes.day, routes.as_of) == ("", "2026-11-22")


def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    world.fetch()
    later = NOW + dt.timedelta(days=1)
    again = world.fetch(now=later)
    assert [each.came for each in again] == [Came.UNCHANGED, Came.UNCHANGED]
    assert [each.fetched for each in again] == [later.isoformat()] * 2
    asked = [headers for path, headers in world.fake.requests if path == "/data/table.gz"]
    assert "if-none-match" not in asked[0]
    assert asked[1]["if-none-match"]
    assert asked[1]["if-modified-since"]
    assert asked[1]["user-agent"].startswith("tocsin/")


def test_a_map_that_has_changed_takes_the_place_of_the_old_one(world: World) -> None:
    world.fetch()
    world.files["/data/table.gz"] = gzip.compress(b"192.0.2.0/24\t64497\n")
    (again, _) = world.fetch()
    assert again.came is Came.NEW
    assert again.path.read_bytes() == world.files["/data/table.gz"]


def test_a_copy_that_was_altered_on_disk_is_fetched_anew(world: World) -> None:
    (first, _) = world.fetch()
    first.path.write_bytes(b"something else")
    (again, _) = world.fetch()
    assert again.came is Came.NEW
    assert again.path.read_bytes() == _TABLE


def test_refusals_are_tried_again(world: World) -> None:
    world.fake.dials.refuse = 2
    (routes,) = world.fetch(world.routes)
    assert routes.came is Came.NEW
    assert world.waits == [1.0, 2.0]
    assert len(world.fake.requests) == 3


def test_one_that_refuses_on_is_given_up_as_something_for_later(world: World) -> None:
    world.fake.dials.refuse = 9
    error = world.fails(world.routes)
    assert isinstance(error, PublisherUnreachable)
    assert "503" in str(error)
    assert len(world.fake.requests) == 3


@pytest.mark.parametrize("status", [404, 403, 410])
def test_what_is_not_there_is_not_asked_for_again(world: World, status: int) -> None:
    world.fake.dials.status = status
    error = world.fails(world.routes)
    assert isinstance(error, AtlasError)
    assert f"answers {status}" in str(error)
    assert len(world.fake.requests) == 1


@pytest.mark.parametrize(
    ("lie", "wanted", "words"),
    [
        ("cut", "routes", "bytes"),
        ("cut", "places", "bytes"),
        ("altered", "places", "does not have the checksum"),
        ("page", "routes", "something else than a whole map"),
        ("page", "places", "no digest"),
        ("nothing new", "routes", "since never"),
    ],
)
def test_a_lie_is_found_and_tried_again(world: World, lie: Lie, wanted: str, words: str) -> None:
    world.fake.dials.lie = lie
    error = world.fails(world.routes if wanted == "routes" else world.places)
    assert isinstance(error, PublisherUnreachable)
    assert words in str(error)
    assert len(world.waits) == 2


def test_a_packed_file_that_was_damaged_at_its_publishers_is_not_taken(world: World) -> None:
    world.files["/data/table.gz"] = gzip.compress(_TABLE)[:-9]
    assert "broken gzip" in str(world.fails(world.routes))


def test_a_wrong_checksum_file_stops_a_map_and_a_missing_one_too(world: World) -> None:
    world.files["/stats/latest.md5"] = _md5(b"something else")
    assert "does not have the checksum" in str(world.fails(world.places))
    del world.files["/stats/latest.md5"]
    error = world.fails(world.places)
    assert isinstance(error, AtlasError)
    assert "latest.md5" in str(error)


def test_a_publisher_that_falls_silent_is_not_waited_for_for_ever(world: World) -> None:
    world.http = HttpPublisher(silence=0.2)
    world.fake.dials.dead = "silent"
    error = world.fails(world.routes)
    assert isinstance(error, PublisherUnreachable)
    assert "timed out" in str(error) or "silent" in str(error)


def test_a_publisher_that_hangs_up_is_tried_again(world: World) -> None:
    world.fake.dials.dead = "hangs up"
    assert isinstance(world.fails(world.routes), PublisherUnreachable)
    assert len(world.fake.requests) == 3


def test_nobody_listening_is_something_for_later(world: World) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/table.gz"
        error = world.fails(PublicMap("gone", Use.ROUTES, url))
    assert isinstance(error, PublisherUnreachable)
    assert "cannot be reached" in str(error)


def test_a_slow_publisher_has_its_time_and_no_more(world: World) -> None:
    world.fake.dials.seconds = 0.001
    (routes,) = world.fetch(world.routes)
    assert routes.path.read_bytes() == _TABLE
    ticks = iter(range(0, 10_000, 10))
    world.http = HttpPublisher(longest=15.0, clock=lambda: float(next(ticks)))
    (kept,) = world.fetch(replace(world.routes, licence="other"))
    assert kept.came is Came.UNCHANGED  # asked and answered without a body
    world.files["/data/table.gz"] = _TABLE + gzip.compress(b"192.0.2.0/24\t64498\n")
    (kept,) = world.fetch(world.routes)
    assert kept.came is Came.KEPT
    assert "is not there after 15 seconds" in kept.problem


@pytest.mark.parametrize("drip", ["continue", "header", "chunk"])
def test_a_publisher_that_sends_a_byte_now_and_then_has_its_time_and_no_more(
    world: World, drip: Literal["continue", "header", "chunk"], tmp_path: Path
) -> None:
    world.fake.dials.drip = drip
    publisher = HttpPublisher(silence=5.0, longest=0.5)
    begin = time.monotonic()
    with pytest.raises(PublisherUnreachable, match="is not there after"):
        publisher.fetch(world.routes.url, tmp_path / "target", Version())
    assert time.monotonic() - begin < 4


def test_an_answer_without_an_end_is_cut_off(world: World) -> None:
    world.fake.dials.lie = "endless"
    world.http = HttpPublisher(most_bytes=1 << 20)
    error = world.fails(world.routes)
    assert isinstance(error, AtlasError)
    assert "is larger than 1048576 bytes" in str(error)


def test_where_a_map_cannot_be_had_the_last_good_copy_is_kept_and_said(world: World) -> None:
    world.fetch()
    world.fake.dials.lie = "altered"
    world.files["/stats/latest"] = _DELEGATED.replace(b"XA", b"XB")
    (kept,) = world.fetch(world.places, now=NOW + dt.timedelta(days=3))
    assert (kept.came, kept.fetched) == (Came.KEPT, NOW.isoformat())
    assert "does not have the checksum" in kept.problem
    assert kept.path.read_bytes() == _DELEGATED


@pytest.mark.parametrize(
    ("use", "good", "bad", "words"),
    [
        (Use.GEO, _MANY, _MANY[: len(_MANY) // 2], "cut short"),
        (Use.ROUTES, _RANGES, _RANGES + b"<html>oops</html>\n", "1 cells"),
        (Use.NAMES, _NAMES, b"429 Too Many Requests\n", "1 names"),
        (Use.NAMES, _NAMES, b"".join(_NAMES.splitlines(keepends=True)[:1200]), "fewer than half"),
        (Use.NAMES, _NAMES, b'{"error":"maintenance"}', "0 names"),
    ],
)
def test_a_body_that_is_no_whole_map_never_replaces_the_last_good_copy(
    world: World, use: Use, good: bytes, bad: bytes, words: str
) -> None:
    wanted = PublicMap("one", use, world.fake.url("/one"))
    world.files["/one"] = good
    world.fetch(wanted)
    world.files["/one"] = bad
    for _ in range(2):  # the second time, nothing may say that the bad one is known
        (kept,) = world.fetch(wanted)
        assert (kept.came, kept.path.read_bytes()) == (Came.KEPT, good)
        assert words in kept.problem
    world.files["/one"] = good
    (again,) = world.fetch(wanted)
    assert again.came is Came.UNCHANGED


def test_all_maps_are_tried_and_all_that_fail_are_told(world: World) -> None:
    missing = [PublicMap(name, Use.GEO, world.fake.url(f"/none/{name}")) for name in ("one", "two")]
    with pytest.raises(AtlasError, match="2 maps could not be had") as caught:
        world.fetch(missing[0], world.routes, missing[1])
    assert [problem.where.partition(":")[0] for problem in caught.value.problems] == ["one", "two"]
    assert (world.folder / "routes" / "table.gz").read_bytes() == _TABLE


def test_a_redirect_is_followed_but_not_to_files_of_this_machine(world: World) -> None:
    world.fake.dials.redirect = (world.folder.parent / "secret").as_uri()
    assert isinstance(world.fails(world.routes), (AtlasError, PublisherUnreachable))
    assert not (world.folder / "routes" / "table.gz").exists()


def test_an_address_of_another_scheme_is_refused(world: World) -> None:
    path = world.folder.parent / "t.dat"
    path.write_text("192.0.2.0/24\t64496\n")
    world.fails(PublicMap("own", Use.ROUTES, path.as_uri()))


def test_files_of_a_directory_are_taken_under_their_published_names(
    world: World, tmp_path: Path
) -> None:
    offline = tmp_path / "offline"
    offline.mkdir()
    (offline / "table.gz").write_bytes(_TABLE)
    (offline / "latest").write_bytes(_DELEGATED)
    moment = dt.datetime(2026, 11, 9, tzinfo=dt.UTC).timestamp()
    os.utime(offline / "table.gz", (moment, moment))
    publisher = DirectoryPublisher(offline)
    wanted = publisher.at_hand([world.routes, world.places])
    routes, places = world.fetching(publisher).all_of(wanted, lambda _: None)
    assert routes.path.read_bytes() == _TABLE
    assert routes.day == "2026-11-09"
    assert places.path.read_bytes() == _DELEGATED
    assert world.fake.requests == []

    (offline / "latest.md5").write_bytes(_md5(b"something else"))
    (wrong,) = publisher.at_hand([world.places])
    (kept,) = world.fetching(publisher).all_of([wrong], lambda _: None)
    assert "does not have the checksum" in kept.problem

    (offline / "table.gz").unlink()
    with pytest.raises(AtlasError, match=r"table\.gz: cannot be read"):
        publisher.fetch(world.routes.url, tmp_path / "target", Version())


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("MD5 (delegated-20261122) = " + "aB" * 16, "ab" * 16),
        ("a" * 64 + "  table.gz\n" + "b" * 64 + "  other.gz\n", "a" * 64),
        ("b" * 64 + " *other.gz\n" + "a" * 64 + " *table.gz\n", "a" * 64),
        ("c" * 128, "c" * 128),
        ("SHA1 (table.gz) = " + "d" * 40, "d" * 40),
    ],
)
def test_checksum_files_of_every_form_are_read(text: str, digest: str) -> None:
    assert digest_for(text, "table.gz") == digest


@pytest.mark.parametrize("text", ["", "<html>", "a" * 65, "a" * 64 + " x\n" + "b" * 64 + " y\n"])
def test_a_checksum_file_that_does_not_tell_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        digest_for(text, "table.gz")


def test_the_public_maps_are_named_once_and_by_https() -> None:
    names = [each.name for each in PUBLIC_MAPS]
    assert len(names) == len(set(names))
    assert {each.use for each in PUBLIC_MAPS} == set(Use)
    for each in PUBLIC_MAPS:
        assert each.url.startswith("https://")
        assert each.licence
        assert file_name(each.url)


def test_passwords_and_keys_in_addresses_are_not_shown() -> None:
    address = "https://alice:secret@example.org:8443/a/b.gz?key=secret#secret"
    assert shown(address) == "https://example.org:8443/a/b.gz"
    with pytest.raises(ValueError, match="does not end") as caught:
        file_name("https://alice:secret@example.org/a/?key=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "target", ["file:///etc/hosts?secret", "data:,secret", "//[::secret/x", "http://h:99999/secret"]
)
def test_an_error_of_a_redirect_does_not_show_where_it_leads(world: World, target: str) -> None:
    world.fake.dials.redirect = target
    error = world.fails(replace(world.routes, url=world.routes.url + "?key=secret"))
    assert "secret" not in error.message()


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(ValueError, match="name of a file"):
        file_name("https://example.org/" + "\N{SNOWMAN}" * 100)
