"""A link over HTTP: the file, its validators, its parts, and what is left when it is void."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import logging
import shutil
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.service.linked import FILE, Linked, body_of, link_of, linked
from tests.service.objecting_world import World
from tests.service.subscribed import LONG_AFTER, LONG_AGO

from tocsin.service import clock, keyring
from tocsin.service.delivery import content as content_module
from tocsin.service.delivery.links import Holder, links_for
from tocsin.service.delivery.models import Link, Outcome, Report
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.models import (
    ListMode,
    Network,
    NetworkState,
    OrganisationState,
    Proof,
    Recipient,
    RecipientState,
)


@pytest.fixture
def given(world: World) -> Linked:
    return linked(world, rows=300)


def test_the_file_comes_with_its_name_and_what_tells_it_again(given: Linked) -> None:
    answer = given.get()
    whole = given.whole()
    assert (answer.status_code, body_of(answer)) == (200, whole)
    shown = {name: answer.headers[name] for name in sorted(answer.headers) if name in _TOLD}
    assert shown == {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename=\"{FILE}\"; filename*=UTF-8''{FILE}",
        "Content-Length": str(len(whole)),
        "Content-Type": "text/csv; charset=utf-8",
        "ETag": f'"{given.report.sha256}"',
        "Last-Modified": "Mon, 23 Nov 2026 09:00:00 GMT",
        "Vary": "Accept-Encoding, Cookie",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }


_TOLD = (
    "Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length",
    "Content-Type", "ETag", "Last-Modified", "Vary", "X-Content-Type-Options", "X-Robots-Tag",
)  # fmt: skip


@pytest.mark.parametrize("name", ["if_none_match", "if_modified_since"])
def test_who_has_it_is_not_sent_it_again(given: Linked, name: str) -> None:
    first = given.get()
    kept = {"if_none_match": "ETag", "if_modified_since": "Last-Modified"}[name]
    again = given.get(**{name: first.headers[kept]})
    assert (again.status_code, body_of(again)) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = given.get(if_none_match='"other"', if_modified_since=first.headers["Last-Modified"])
    assert other.status_code == 200


def test_a_part_is_that_part(given: Linked) -> None:
    whole = given.whole()
    answer = given.get(range="bytes=100-199", accept_encoding="gzip")
    assert (answer.status_code, body_of(answer)) == (206, whole[100:200])
    assert answer.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert answer.headers["Content-Length"] == "100"
    assert answer.headers["ETag"] == f'"{given.report.sha256}"'
    assert "Content-Encoding" not in answer.headers


def test_a_broken_download_is_ended_by_its_rest(given: Linked) -> None:
    whole, tag = given.whole(), given.get().headers["ETag"]
    rest = given.get(range="bytes=1000-", if_range=tag)
    assert whole[:1000] + body_of(rest) == whole
    by_date = given.get(range="bytes=1000-", if_range="Mon, 23 Nov 2026 09:00:00 GMT")
    assert by_date.status_code == 206


@pytest.mark.parametrize("begun", ['"other"', "Mon, 23 Nov 2026 08:59:59 GMT", "nonsense", 'W/"x"'])
def test_of_a_file_that_is_another_by_now_all_is_sent(given: Linked, begun: str) -> None:
    answer = given.get(range="bytes=1000-", if_range=begun)
    assert (answer.status_code, body_of(answer)) == (200, given.whole())


def test_no_byte_behind_the_end(given: Linked) -> None:
    answer = given.get(range="bytes=999999-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(given.whole())}"


def test_several_parts_are_answered_by_the_whole(given: Linked) -> None:
    answer = given.get(range="bytes=0-1,4-5")
    assert (answer.status_code, body_of(answer)) == (200, given.whole())


@pytest.mark.parametrize("accepted", ["gzip", "br;q=1.0, gzip;q=0.8", "deflate,GZIP"])
def test_compressed_it_is_another_file_of_the_same_content(given: Linked, accepted: str) -> None:
    answer = given.get(accept_encoding=accepted)
    packed = body_of(answer)
    assert gzip.decompress(packed) == given.whole()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(packed))
    assert answer.headers["ETag"] == f'"{given.report.sha256}-gzip"'
    again = given.get(accept_encoding=accepted, if_none_match=answer.headers["ETag"])
    assert again.status_code == 304
    assert packed == body_of(given.get(accept_encoding=accepted))


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.000", "identity"])
def test_who_does_not_want_it_compressed_gets_it_plain(given: Linked, accepted: str) -> None:
    answer = given.get(accept_encoding=accepted)
    assert body_of(answer) == given.whole()
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("accepted", ["", "gzip"])
def test_to_ask_for_the_head_alone_tells_the_same(given: Linked, accepted: str) -> None:
    asked = {"headers": {"accept-encoding": accepted, "range": "bytes=0-1"}}
    head = Client().head(given.place, **asked)  # type: ignore[arg-type]
    whole = given.get(accept_encoding=accepted)
    assert (head.status_code, body_of(head)) == (200, b"")
    assert {name: head.headers.get(name) for name in _TOLD} == {
        name: whole.headers.get(name) for name in _TOLD
    }


def test_a_large_report_is_read_in_pieces(given: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_module, "_IN_MEMORY", 1000)
    whole = given.whole()
    assert body_of(given.get()) == whole
    assert body_of(given.get(range="bytes=5000-5099")) == whole[5000:5100]
    assert gzip.decompress(body_of(given.get(accept_encoding="gzip"))) == whole
    # Pruned while it is sent: who began ends with all of it.
    answer = given.get()
    shutil.rmtree(given.package.path)
    assert body_of(answer) == whole


def test_changing_it_is_refused(given: Linked) -> None:
    assert Client().post(given.place).status_code == 405


# --- void ------------------------------------------------------------------------------------


def _left(given: Linked) -> None:
    Recipient.objects.update(state=RecipientState.LEFT)


def _came_back(given: Linked) -> None:
    given.recipient.round += 1
    given.recipient.save()


def _list_over(given: Linked) -> None:
    given.world.alpha.list.valid_to = clock.now()
    given.world.alpha.list.save()


def _frozen(given: Linked) -> None:
    given.world.alpha.organisation.state = OrganisationState.FROZEN
    given.world.alpha.organisation.save()


def _kept_back(outcome: Outcome) -> Callable[[Linked], None]:
    def keep(_: Linked) -> None:
        Report.objects.update(outcome=outcome)

    return keep


def _no_network(given: Linked) -> None:
    Network.objects.update(state=NetworkState.FROZEN)


_VOID = {
    "left": _left,
    "left and came back": _came_back,
    "list over": _list_over,
    "organisation frozen": _frozen,
    "networks frozen": _no_network,
    "held": _kept_back(Outcome.HELD),
    "dropped": _kept_back(Outcome.DROPPED),
}


@pytest.mark.parametrize("name", _VOID)
def test_a_void_link_is_answered_like_one_that_never_was(given: Linked, name: str) -> None:
    _VOID[name](given)
    never = Client().get(f"/dl/{'x' * 50}")
    answer = given.get()
    assert (answer.status_code, body_of(answer)) == (404, body_of(never))
    assert answer.headers == never.headers


@pytest.mark.parametrize("name", ["left", "left and came back", "list over", "held"])
def test_it_takes_as_long_to_say_no_to_a_void_link_as_to_any(given: Linked, name: str) -> None:
    _VOID[name](given)
    asked = {}
    for place in (given.place, f"/dl/{'x' * 50}", "/dl/1", "/dl/%00", f"/dl/{'é' * 9000}"):
        with CaptureQueriesContext(
            connection,
        ) as made:
            assert Client().get(place).status_code == 404
        asked[place] = len(made)
    assert set(asked.values()) == {3}


def test_a_tester_holds_a_link_while_the_list_is_redirected_to_them(given: Linked) -> None:
    alpha = given.world.alpha.list
    alpha.mode, alpha.redirect_to = ListMode.REDIRECT, "tester@example.org"
    alpha.save()
    holder = Holder.of_tester(alpha)
    link = links_for([(given.report, holder)], clock.now())[given.report.pk, holder.name]
    assert Client().get(f"/dl/{link}").status_code == 200
    alpha.redirect_to = "other@example.org"
    alpha.save()
    assert Client().get(f"/dl/{link}").status_code == 404


def test_what_is_not_kept_is_said_to_be_gone_but_to_its_holder_alone(given: Linked) -> None:
    shutil.rmtree(given.package.path)
    answer = given.get(if_none_match=f'"{given.report.sha256}"')
    assert answer.status_code == 410
    assert body_of(answer) == b"This report was here, and is not kept any more.\n"
    _left(given)
    assert given.get().status_code == 404


def test_a_report_that_was_cut_is_not_taken_for_the_whole_one(world: World) -> None:
    second = Network.objects.create(
        organisation=world.alpha.organisation, kind="asn", value="64497", valid_from=LONG_AGO
    )
    Proof.objects.create(network=second, method="staff", made_at=LONG_AGO, ends_at=LONG_AFTER)
    given = linked(world)
    whole = given.get()
    second.state = NetworkState.FROZEN
    second.save()
    cut = given.get(
        if_none_match=whole.headers["ETag"], if_modified_since=whole.headers["Last-Modified"]
    )
    # The second network had no row, so the rows are the same, and so are the bytes.
    assert cut.status_code == 304
    assert body_of(given.get()) == given.whole()


# --- ids -------------------------------------------------------------------------------------


def test_a_new_secret_changes_no_id_that_was_given_out(given: Linked) -> None:
    number = keyring.rotate()
    assert link_of(given.report, given.recipient) == given.link
    assert given.get().status_code == 200
    other = given.world.alpha.recipient("other@example.org")
    newer = link_of(given.report, other)
    assert Client().get(f"/dl/{newer}").status_code == 200
    told = dict(Link.objects.values_list("recipient", "secret_number"))
    assert told == {given.recipient.pk: 1, other.pk: number}
    assert link_of(given.report, other) == newer


def test_a_day_made_anew_has_ids_of_its_own_and_the_old_ones_open(given: Linked) -> None:
    given.world.replay()
    notice_nights(clock.now())
    given.world.desk.work()
    anew = Report.objects.select_related("night").get(night__revision=2)
    other = link_of(anew, given.recipient)
    assert other != given.link
    assert {Client().get(f"/dl/{each}").status_code for each in (other, given.link)} == {200}


def test_no_log_shows_an_id(given: Linked) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    for name in ("django.request", "gunicorn.error"):
        logging.getLogger(name).addHandler(handler)
    try:
        shutil.rmtree(given.package.path)
        given.get()
        _left(given)
        given.get()
        Client().post(given.place)
        logging.getLogger("gunicorn.error").error("Error handling request %s", given.place)
    finally:
        for name in ("django.request", "gunicorn.error"):
            logging.getLogger(name).removeHandler(handler)
    said = written.getvalue()
    assert said.count("/dl/...") == 4
    assert given.link not in said


def test_a_day_has_passed_and_the_link_is_good(given: Linked) -> None:
    given.world.desk.pass_time(dt.timedelta(days=89))
    assert given.get().status_code == 200
