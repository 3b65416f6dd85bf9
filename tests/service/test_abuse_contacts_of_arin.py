"""ARIN's bulk whois data: what is read of them in either form, and whom that tells."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.service.arin_records import (
    EXPECTED,
    NETWORKS,
    PASSED,
    PEOPLE,
    contacts,
    files,
    passed,
    problems,
)
from tests.service.desk import Desk, now

from tocsin.model.errors import InputError
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.abuse_contacts.importing import Outcome, bring_in, differences
from tocsin.service.subscribers.abuse_contacts.reading.arin import read_arin
from tocsin.service.subscribers.abuse_contacts.reading.lines import PassedOver
from tocsin.service.subscribers.abuse_contacts.reading.rpsl import read_rpsl
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin

OPERATOR = Actor(ActorKind.OPERATOR, "command line")
FILE = ContactOrigin.REGISTRY_FILE


@pytest.mark.parametrize(
    "form",
    ["text", "separate", "windows", "xml", "gzip", "utf-16", "archive", "archive of texts"],
)
def test_both_forms_name_the_same_contacts_and_every_record_has_an_end(
    form: str, tmp_path: Path
) -> None:
    read = list(read_arin(files(tmp_path, form)))
    found = contacts(read)
    assert set(found) == EXPECTED
    assert len(found) == len(EXPECTED)
    assert passed(read) == PASSED
    wrong = problems(read)
    assert [each.what for each in wrong] == [
        "NET-203-0-113-0-1 is said to lie in NET-192-0-2-0-1, and does not"
    ]
    told = {
        "NET-192-0-2-0-1",
        "NET-192-0-2-8-1",
        "NET-198-51-100-0-1",
        "NET6-2001-DB8-1",
        "AS64496",
    }
    assert len(told) + sum(PASSED.values()) + len(wrong) == 17  # records in the files


def test_with_a_country_only_what_its_organisations_hold_is_told(tmp_path: Path) -> None:
    read = list(read_arin(files(tmp_path, "xml"), "XA"))
    assert set(contacts(read)) == {each for each in EXPECTED if each[3] == "XA"}
    assert passed(read)[PassedOver.OTHER_COUNTRY] == 7


def test_networks_without_the_files_of_who_holds_them_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "nets.txt"
    path.write_text(NETWORKS)
    with pytest.raises(InputError, match="fetch orgs and pocs as well"):
        read_arin([path])


def test_the_last_address_of_an_ipv6_range_may_lack_its_second_colon(tmp_path: Path) -> None:
    path = tmp_path / "arin_db.txt"
    record = (
        "V6NetHandle: N\nOrgID: EXAMPLE\nNetType: assignment\nNetRange: 2001:db8:: - 2001:db8:1:\n"
    )
    path.write_text(f"{record}Source: ARIN\n\n{PEOPLE}")
    found = {each[0] for each in contacts(list(read_arin([path])))}
    assert found == {"2001:db8::/48", "2001:db8:1::/128"}


def test_an_import_of_it_counts_every_record_and_revives_nobody(desk: Desk, tmp_path: Path) -> None:
    paths = files(tmp_path, "text")
    first = bring_in(read_arin(paths), FILE, "arin", OPERATOR, now())
    assert first.counts == {
        Outcome.ADDED: len(EXPECTED),
        Outcome.REFUSED: 1,
        Outcome.PASSED_OVER: sum(PASSED.values()),
    }
    assert first.passed == PASSED
    assert first.figures()["passed over: a person or organisation"] == 7
    assert first.lines == sum(first.counts.values())
    switching.disable("own@example.net", "asked us to", OPERATOR, now())
    again = differences(read_arin(files(tmp_path, "xml")), FILE, "arin")
    assert again.counts[Outcome.NOT_REVIVED] == 2
    assert again.counts[Outcome.UNCHANGED] == len(EXPECTED) - 2
    assert again.gone == 0
    assert AbuseContact.objects.filter(origin=FILE, source="arin").count() == len(EXPECTED)


ROUTING = """\
route:          192.0.2.0/24
origin:         AS64496
descr:          Example Access
                A street
                Nowhere
admin-c:        OWN1-ARIN
tech-c:         OWN1-ARIN
mnt-by:         MNT-EXAMPLE
created:        2022-03-07T22:06:29Z
last-modified:  2022-03-07T22:06:29Z
source:         ARIN

aut-num:        AS64496
as-name:        EXAMPLE-AS
descr:          Example Access
admin-c:        OWN1-ARIN
tech-c:         OWN1-ARIN
mnt-by:         MNT-EXAMPLE
source:         ARIN

as-set:         AS-EXAMPLE
members:        AS64496,AS64497
source:         ARIN

mntner:         MNT-EXAMPLE
descr:          Example Access
upd-to:         own@example.net
source:         ARIN
"""


def test_the_public_routing_registry_of_arin_is_read_and_names_no_contact(tmp_path: Path) -> None:
    path = tmp_path / "arin.db.gz"
    path.write_bytes(gzip.compress(ROUTING.encode()))
    read = list(read_rpsl([path]))
    assert passed(read) == {PassedOver.OTHER: 3, PassedOver.NO_CONTACT: 1}
    assert len(read) == 4
