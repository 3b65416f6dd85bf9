"""Files of contacts: what is read from them, and what an import of it changes."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.service.desk import Desk, now

from tocsin.model.errors import InputError, Problem, UsageError
from tocsin.service.audit.models import ActorKind, AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.fakes.sites import FakeSites
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.abuse_contacts.importing import Outcome, bring_in, differences
from tocsin.service.subscribers.abuse_contacts.rdap import read_rdap
from tocsin.service.subscribers.abuse_contacts.reading.csv_file import read_csv
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found, PassedOver, Read
from tocsin.service.subscribers.abuse_contacts.reading.rpsl import read_rpsl
from tocsin.service.subscribers.abuse_contacts.security_txt import (
    mailboxes_in,
    read_security_txts,
)
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.facts import RegistryContact, RegistryFacts

OPERATOR = Actor(ActorKind.OPERATOR, "command line")
FILE = ContactOrigin.OPERATOR_FILE

SPLIT = """\
% a remark of the registry

inetnum:        192.0.2.0 - 192.0.2.255
netname:        EXAMPLE-NET
org:            ORG-EX1
country:        XX # and more
source:         RIPE

inetnum:        198.51.100.0 - 198.51.100.191
netname:        EXAMPLE-TWO
country:        XA
abuse-c:        ab1-example

inet6num:       2001:db8::/32
mnt-irt:        IRT-EXAMPLE
country:        XX

aut-num:        AS64496
as-name:        EXAMPLE
org:            org-ex1

inetnum:        203.0.113.0 - 203.0.113.255
country:        XX
abuse-mailbox:  not an address

inetnum:        0.0.0.0 - 255.255.255.255
abuse-c:        AB1-EXAMPLE
country:        XX

role:           Abuse of
                Example
nic-hdl:        AB1-EXAMPLE
abuse-mailbox:  Abuse@example.org

irt:            irt-example
abuse-mailbox:  irt@example.net

organisation:   ORG-EX1
org-name:       Example Access
abuse-c:        AB1-EXAMPLE
"""


def test_split_files_of_registries_name_the_mailbox_of_each_network(tmp_path: Path) -> None:
    path = tmp_path / "split.gz"
    path.write_bytes(gzip.compress(SPLIT.encode("latin-1")))
    read = list(read_rpsl([path]))
    found = {
        (str(each.network), each.address, each.organisation_name, each.country)
        for each in read
        if isinstance(each, Found)
    }
    assert found == {
        ("192.0.2.0/24", "abuse@example.org", "Example Access", "XX"),
        ("198.51.100.0/25", "abuse@example.org", "EXAMPLE-TWO", "XA"),
        ("198.51.100.128/26", "abuse@example.org", "EXAMPLE-TWO", "XA"),
        ("2001:db8::/32", "irt@example.net", "", "XX"),
        ("AS64496", "abuse@example.org", "Example Access", ""),
    }
    problems = [each for each in read if isinstance(each, Problem)]
    assert [each.line for each in problems] == [22, 26]
    only = [each for each in read_rpsl([path], "XA") if isinstance(each, Found)]
    assert {str(each.network) for each in only} == {
        "198.51.100.0/25", "198.51.100.128/26", "AS64496",
    }  # fmt: skip


def test_a_broken_gzip_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "split.gz"
    path.write_bytes(gzip.compress(SPLIT.encode())[:60])
    with pytest.raises(InputError, match="no whole gzip file"):
        list(read_rpsl([path]))


@given(st.text(max_size=400))
def test_any_text_as_a_split_file_is_read_or_told(text: str) -> None:
    import tempfile  # noqa: PLC0415 - a fixture would be shared by all examples

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "any"
        path.write_text("inetnum: " + text, "utf-8", errors="replace")
        for each in read_rpsl([path]):
            assert isinstance(each, Found | Problem | PassedOver)


def test_every_bad_line_of_a_csv_is_one_message_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(
        "network,address,organisation,country\n"
        "192.0.2.0/24,abuse@example.org,Example,xx\n"
        "192.0.2.0/33,abuse@example.org,,\n"
        "AS64496,no address,,\n"
        "AS64496,abuse@example.org,,ZZ\n"
        "\n# a remark\n"
        "example.org,abuse@example.org\n"
    )
    read = list(read_csv(path))
    assert [each.line for each in read if isinstance(each, Problem)] == [3, 4, 5]
    assert all(each.todo for each in read if isinstance(each, Problem))
    assert [str(each.network) for each in read if isinstance(each, Found)] == [
        "192.0.2.0/24",
        "example.org",
    ]
    path.write_text("net;mail\n")
    with pytest.raises(InputError, match="first line"):
        list(read_csv(path))


def found(network: str, address: str, name: str = "", country: str = "XX") -> Found:
    return Found(any_network(network), address, name, country)


def test_an_import_shows_its_diff_first_and_again_changes_nothing(desk: Desk) -> None:
    read = [found("192.0.2.0/24", "a@example.org"), found("AS64496", "b@example.org")]
    shown = differences(read, FILE, "x")
    assert shown.counts == {Outcome.ADDED: 2}
    assert not AbuseContact.objects.exists()
    assert not AuditLine.objects.exists()
    done = bring_in(read, FILE, "x", OPERATOR, now())
    assert done.figures() == shown.figures()
    assert AbuseContact.objects.count() == 2
    assert AuditLine.objects.get().after == done.figures()
    again = bring_in(read, FILE, "x", OPERATOR, now() + dt.timedelta(days=1))
    assert again.counts == {Outcome.UNCHANGED: 2}
    assert AuditLine.objects.count() == 1


def test_every_line_ends_in_one_outcome_and_the_sums_agree(desk: Desk) -> None:
    network = any_network("198.51.100.0/24")
    switching.set_by_hand(network, "hand@example.org", "", "", OPERATOR, now())
    first = [
        found("192.0.2.0/24", "a@example.org"),
        found("192.0.2.0/24", "gone@example.org"),
        found("192.0.2.0/24", "off@example.org"),
        found("AS64496", "gone-off@example.org"),
    ]
    bring_in(first, FILE, "x", OPERATOR, now())
    switching.disable("off@example.org", "asked us by phone", OPERATOR, now())
    switching.disable("gone-off@example.org", "bounces", OPERATOR, now())
    second: list[Read] = [
        found("192.0.2.0/24", "a@example.org", "Another name"),
        found("192.0.2.0/24", "a@example.org", "Another name"),
        found("AS64496", "new@example.org"),
        found("AS64497", "off@example.org"),
        found("192.0.2.0/24", "off@example.org"),
        found("198.51.100.0/24", "hand@example.org"),
        Problem("x", 7, 0, "wrong"),
    ]
    shown = differences(second, FILE, "x")
    done = bring_in(second, FILE, "x", OPERATOR, now())
    assert shown.figures() == done.figures()
    assert done.counts == {
        Outcome.CHANGED: 1,
        Outcome.AGAIN: 1,
        Outcome.ADDED: 1,
        Outcome.NOT_REVIVED: 2,
        Outcome.MANUAL: 1,
        Outcome.REFUSED: 1,
    }
    assert (done.lines, done.gone, done.kept_off) == (7, 1, 1)
    assert set(AbuseContact.objects.filter(origin=FILE).values_list("address", flat=True)) == {
        "a@example.org", "new@example.org", "off@example.org", "gone-off@example.org",
    }  # fmt: skip


def test_what_is_gone_from_one_source_does_not_touch_another(desk: Desk) -> None:
    bring_in([found("AS64496", "a@example.org")], FILE, "one", OPERATOR, now())
    bring_in([found("AS64497", "b@example.org")], FILE, "two", OPERATOR, now())
    assert AbuseContact.objects.count() == 2


def test_a_file_that_was_cut_short_removes_nothing_unless_that_is_said(desk: Desk) -> None:
    many = [found(f"AS{64496 + number}", f"a{number}@example.org") for number in range(201)]
    bring_in(many, FILE, "x", OPERATOR, now())
    with pytest.raises(InputError, match="nothing has been changed"):
        bring_in(many[:10], FILE, "x", OPERATOR, now())
    assert AbuseContact.objects.count() == 201
    bring_in(many[:10], FILE, "x", OPERATOR, now(), loss_allowed=True)
    assert AbuseContact.objects.count() == 10


def test_who_opted_out_is_not_enabled_by_others_nor_set_by_hand(desk: Desk) -> None:
    contact = switching.set_by_hand(
        any_network("AS64496"), "A@example.org", "", "", OPERATOR, now()
    )
    assert switching.opt_out(contact, now())
    assert not switching.opt_out(contact, now())
    with pytest.raises(UsageError, match="opted out itself"):
        switching.enable("a@example.org", "they said so", OPERATOR, now())
    with pytest.raises(UsageError, match="disabled, or has opted out"):
        switching.set_by_hand(any_network("AS64497"), "a@example.org", "", "", OPERATOR, now())
    with pytest.raises(UsageError, match="no contact has this address"):
        switching.disable("b@example.org", "x", OPERATOR, now())


TEXT = """\
# a remark
Contact: https://example.org/report
Contact: mailto:Sec@example.org
Expires: {}
"""


def test_a_security_txt_counts_until_it_expires(desk: Desk) -> None:
    assert mailboxes_in(TEXT.format("2026-12-31T00:00:00z"), now()) == ("sec@example.org",)
    for wrong in ("2026-11-23T09:00:00Z", "soon"):
        with pytest.raises(ValueError, match="expire"):
            mailboxes_in(TEXT.format(wrong), now())
    with pytest.raises(ValueError, match="once"):
        mailboxes_in("Contact: mailto:sec@example.org", now())
    sites = FakeSites(
        {
            ("example.org", "/security.txt"): TEXT.format("2026-12-31T00:00:00Z"),
            ("example.net", "/.well-known/security.txt"): "\x00" * 100_000,
        },
        dead={"example.com"},
    )
    domains = ["example.org", "example.net", "example.com", "no domain"]
    read = list(read_security_txts(domains, sites, now()))
    assert read[0] == Found(any_network("example.org"), "sec@example.org")
    assert [each.line for each in read[1:] if isinstance(each, Problem)] == [2, 3, 4]


def test_the_abuse_role_of_a_registry_is_a_contact_and_no_other_role_is(desk: Desk) -> None:
    desk.registry.facts[any_network("192.0.2.0/24")] = RegistryFacts(
        holder="Example",
        country="XX",
        contacts=(
            RegistryContact("abuse", "Abuse@example.org"),
            RegistryContact("technical", "noc@example.org"),
            RegistryContact("abuse", "\u202enonsense"),
        ),
    )
    read = list(read_rdap(["192.0.2.0/24", "AS64496", "?"], desk.registry))
    assert [each for each in read if isinstance(each, Found)] == [
        found("192.0.2.0/24", "abuse@example.org", "Example")
    ]
    assert len(read) == 3
    desk.registry.dead = True
    assert isinstance(next(iter(read_rdap(["AS64496"], desk.registry))), Problem)
