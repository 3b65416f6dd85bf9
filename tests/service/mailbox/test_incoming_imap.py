"""The real client, against a server that speaks IMAP."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from tests.service.desk import Desk
from tests.service.mailbox.imap_server import PASSWORD, Box, imap_server
from tests.service.mailbox.post import mail

from tocsin.configuration.service import MailboxPlace
from tocsin.model.errors import ConfigurationError
from tocsin.service import clock, installation
from tocsin.service.mailbox.fetch import fetch_all
from tocsin.service.mailbox.imap import MailboxUnreachable, open_source
from tocsin.service.mailbox.models import IncomingMessage


def place(port: int, **settings: object) -> MailboxPlace:
    said: dict[str, object] = {
        "imap_host": "127.0.0.1",
        "imap_port": port,
        "imap_user": "tocsin",
        "imap_password": SecretStr(PASSWORD),
        "imap_encryption": "none",
    }
    return MailboxPlace.model_validate(said | settings)


def as_sent(body: str) -> bytes:
    return mail(body).replace(b"\n", b"\r\n")


def test_what_is_unseen_is_stored_and_marked(desk: Desk) -> None:
    box = Box({3: as_sent("one"), 20: as_sent("two"), 4: as_sent("seen")}, seen={4})
    with imap_server(box) as port, open_source(place(port)) as source:
        assert fetch_all(source, clock.now).stored == 2
        assert fetch_all(source, clock.now).stored == 0
    assert box.seen == {3, 4, 20}
    assert box.moved == {}
    rows = IncomingMessage.objects.all()
    assert [row.size for row in rows] == [len(box.messages[3]), len(box.messages[20])]


def test_what_is_stored_is_moved_if_it_is_to_be(desk: Desk) -> None:
    box = Box({3: as_sent("one")})
    with imap_server(box) as port, open_source(place(port, imap_done_folder="Done")) as source:
        fetch_all(source, clock.now)
    assert box.moved == {3: "Done"}


def test_a_large_message_stays_where_it_is(desk: Desk) -> None:
    most = installation.configuration().mailbox.most_bytes
    box = Box({3: as_sent("large") + b"x" * most})
    with imap_server(box) as port, open_source(place(port)) as source:
        assert fetch_all(source, clock.now).too_large == 1
    row = IncomingMessage.objects.get()
    assert (row.reason, row.from_address) == ("too_large", "ada@example.org")
    assert row.size == len(box.messages[3])


def test_a_server_that_goes_away_is_tried_again(desk: Desk) -> None:
    box = Box({3: as_sent("one")}, hangs_up_at="STORE")
    with imap_server(box) as port:
        with pytest.raises(MailboxUnreachable), open_source(place(port)) as source:
            fetch_all(source, clock.now)
        assert box.seen == set()
        box.hangs_up_at = ""
        with open_source(place(port)) as source:
            assert fetch_all(source, clock.now).stored == 1
    assert IncomingMessage.objects.count() == 1
    with pytest.raises(MailboxUnreachable), open_source(place(port)):
        pass


def test_what_the_operator_has_to_correct_is_told(desk: Desk) -> None:
    def refused(what: str, settings: MailboxPlace) -> None:
        with pytest.raises(ConfigurationError, match=what), open_source(settings):
            pass

    with imap_server(Box({})) as port:
        refused("does not let us in", place(port, imap_password=SecretStr("wrong")))
        refused("folder", place(port, imap_folder="Elsewhere"))
    refused("no mailbox", MailboxPlace())
