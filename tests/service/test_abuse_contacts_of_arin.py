"""ARIN's bulk whois data: what is read of them in either form, and whom that tells."""

from __future__ import annotations

import gzip
import tempfile
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.service.desk import Desk, now

from tocsin.model.errors import InputError, Problem
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.abuse_contacts.importing import Outcome, bring_in, differences
from tocsin.service.subscribers.abuse_contacts.reading.arin import read_arin
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found, PassedOver, Read
from tocsin.service.subscribers.abuse_contacts.reading.rpsl import read_rpsl
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin

OPERATOR = Actor(ActorKind.OPERATOR, "command line")
FILE = ContactOrigin.REGISTRY_FILE

PEOPLE = """\

POCHandle:      ABUSE1-ARIN
IsRole:         Y
LastName:       Abuse
FirstName:      
Mailbox:        Abuse@example.org
Mailbox:        cert@example.org
Source:         ARIN


POCHandle:      OWN1-ARIN
IsRole:         Y
LastName:       Own Abuse
Mailbox:        own@example.net
Source:         ARIN


POCHandle:      BROKEN1-ARIN
IsRole:         N
Mailbox:        not an address
Source:         ARIN


OrgID:          EXAMPLE
OrgName:        Example Access
CanAllocate:    
Country:        XX
OrgTechHandle:  OWN1-ARIN
OrgAbuseHandle: abuse1-arin
Source:         ARIN


OrgID:          C00000001
OrgName:        A Customer
Country:        XX
Source:         ARIN


OrgID:          C00000002
OrgName:        A Customer Abroad
Country:        XA
Source:         ARIN


OrgID:          ARIN
OrgName:        The Registry
Country:        XX
OrgAbuseHandle: OWN1-ARIN
Source:         ARIN

"""  # noqa: W291 - as it comes

NETWORKS = """\

NetHandle:      NET-192-0-0-0-0
OrgID:          ARIN
Parent:         
NetName:        NET192
NetRange:       192.0.0.0 - 192.255.255.255
NetType:        rir
AbuseHandle:    OWN1-ARIN
Source:         ARIN


NetHandle:      NET-192-0-2-0-1
OrgID:          EXAMPLE
Parent:         NET-192-0-0-0-0
NetName:        EXAMPLE-NET
NetRange:       192.0.2.0 - 192.0.2.255
NetType:        allocation
OriginAS:       AS64496, AS64497
Comment:        Write to: nobody@example.com
Comment:        
Source:         ARIN


NetHandle:      NET-192-0-2-0-2
OrgID:          C00000001
Parent:         NET-192-0-2-0-1
NetName:        CUSTOMER
NetRange:       192.0.2.0 - 192.0.2.7
NetType:        reassignment
Source:         ARIN


NetHandle:      NET-192-0-2-8-1
OrgID:          C00000002
Parent:         NET-192-0-2-0-1
NetName:        ABROAD
NetRange:       192.0.2.8 - 192.0.2.15
NetType:        reassignment
Source:         ARIN


NetHandle:      NET-198-51-100-0-1
OrgID:          EXAMPLE
Parent:         NET-198-0-0-0-0
NetName:        OWN
NetRange:       198.51.100.0 - 198.51.100.191
NetType:        assignment
AbuseHandle:    OWN1-ARIN
Source:         ARIN


NetHandle:      NET-203-0-113-0-1
OrgID:          C00000001
Parent:         NET-192-0-2-0-1
NetName:        CROSSING
NetRange:       203.0.113.0 - 203.0.113.255
NetType:        reassignment
Source:         ARIN


NetHandle:      NET-203-0-113-0-2
OrgID:          C00000001
Parent:         NET-203-0-0-0-0
NetName:        NOBODY
NetRange:       203.0.113.0 - 203.0.113.127
NetType:        assignment
AbuseHandle:    BROKEN1-ARIN
Source:         ARIN


V6NetHandle:    NET6-2001-DB8-1
OrgID:          EXAMPLE
Parent:         
NetName:        EXAMPLE-V6
NetRange:       2001:DB8:: - 2001:DB8:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF
NetType:        allocation
AbuseHandle:    BROKEN1-ARIN
Source:         ARIN


ASHandle:       AS64496
OrgID:          EXAMPLE
ASName:         EXAMPLE-AS
ASNumber:       64496 - 64498
Source:         ARIN


ASHandle:       AS64511
OrgID:          RIPE
ASName:         ELSEWHERE
ASNumber:       64511
Source:         ARIN

"""  # noqa: W291 - as it comes

EXPECTED = {
    ("192.0.2.0/24", "abuse@example.org", "Example Access", "XX"),
    ("192.0.2.0/24", "cert@example.org", "Example Access", "XX"),
    ("192.0.2.8/29", "abuse@example.org", "A Customer Abroad", "XA"),
    ("192.0.2.8/29", "cert@example.org", "A Customer Abroad", "XA"),
    ("198.51.100.0/25", "own@example.net", "Example Access", "XX"),
    ("198.51.100.128/26", "own@example.net", "Example Access", "XX"),
    ("2001:db8::/32", "abuse@example.org", "Example Access", "XX"),
    ("2001:db8::/32", "cert@example.org", "Example Access", "XX"),
    *(
        (f"AS{number}", address, "Example Access", "XX")
        for number in (64496, 64497, 64498)
        for address in ("abuse@example.org", "cert@example.org")
    ),
}
PASSED = {
    PassedOver.HOLDER: 7,
    PassedOver.NOT_HELD: 2,
    PassedOver.AS_ABOVE: 1,
    PassedOver.NO_CONTACT: 1,
}

XML = """\
<?xml version="1.0"?>
<bulkwhois xmlns="http://www.arin.net/bulkwhois/core/v1">
<poc><ref>https://example.org/poc/ABUSE1-ARIN</ref><handle>ABUSE1-ARIN</handle>
<isRoleAccount>Y</isRoleAccount><lastName>Abuse &amp; Co</lastName>
<emails><email>Abuse@example.org</email><email> cert@example.org </email></emails>
<phones><phone><number><phoneNumber>+1-555-0100</phoneNumber><pocHandle>ABUSE1-ARIN</pocHandle>
</number></phone></phones></poc>
<poc><handle>OWN1-ARIN</handle><emails><email>own@example.net</email></emails></poc>
<poc><handle>BROKEN1-ARIN</handle><emails><email>not an address</email></emails></poc>
<org><handle>EXAMPLE</handle><name>Example Access</name><customer>N</customer>
<iso3166-1><code2>XX</code2><code3>XXX</code3><name>Nowhere</name></iso3166-1>
<pocLinks><pocLink description="Tech" function="T" handle="OWN1-ARIN"/>
<pocLink description="Abuse" function="AB" handle="ABUSE1-ARIN"/></pocLinks></org>
<org><handle>C00000001</handle><name>A Customer</name><customer>Y</customer>
<iso3166-1><code2>XX</code2></iso3166-1></org>
<org><handle>C00000002</handle><name>A Customer Abroad</name><customer>Y</customer>
<iso3166-1><code2>XA</code2></iso3166-1></org>
<org><handle>ARIN</handle><name>The Registry</name></org>
<net><handle>NET-192-0-0-0-0</handle><orgHandle>ARIN</orgHandle><netBlocks><netBlock>
<cidrLength>8</cidrLength><startAddress>192.000.000.000</startAddress>
<endAddress>192.255.255.255</endAddress><type>AR</type></netBlock></netBlocks></net>
<net><handle>NET-192-0-2-0-1</handle><name>EXAMPLE-NET</name><orgHandle>EXAMPLE</orgHandle>
<parentNetHandle>NET-192-0-0-0-0</parentNetHandle><startAddress>192.0.2.0</startAddress>
<endAddress>192.0.2.255</endAddress><netBlocks>
<netBlock><cidrLength>25</cidrLength><startAddress>192.000.002.000</startAddress>
<endAddress>192.000.002.127</endAddress><type>DA</type></netBlock>
<netBlock><cidrLength>25</cidrLength><startAddress>192.000.002.128</startAddress>
<endAddress>192.000.002.255</endAddress><type>DA</type></netBlock></netBlocks>
<comment><line number="0">Write to: &lt;nobody@example.com&gt;</line></comment>
<version>4</version></net>
<net><handle>NET-192-0-2-0-2</handle><orgHandle>C00000001</orgHandle>
<parentNetHandle>NET-192-0-2-0-1</parentNetHandle><netBlocks><netBlock>
<startAddress>192.0.2.0</startAddress><endAddress>192.0.2.7</endAddress><type>S</type>
</netBlock></netBlocks></net>
<net><handle>NET-192-0-2-8-1</handle><orgHandle>C00000002</orgHandle>
<parentNetHandle>NET-192-0-2-0-1</parentNetHandle><netBlocks><netBlock>
<startAddress>192.0.2.8</startAddress><endAddress>192.0.2.15</endAddress><type>S</type>
</netBlock></netBlocks></net>
<net><handle>NET-198-51-100-0-1</handle><orgHandle>EXAMPLE</orgHandle>
<startAddress>198.51.100.0</startAddress><endAddress>198.51.100.191</endAddress>
<netBlocks><netBlock><type>DS</type><startAddress>198.51.100.128</startAddress>
<endAddress>198.51.100.191</endAddress></netBlock><netBlock><type>DS</type>
<startAddress>198.51.100.0</startAddress><endAddress>198.51.100.127</endAddress></netBlock></netBlocks>
<pocLinks><pocLink description="Abuse" function="AB" handle="OWN1-ARIN"/></pocLinks></net>
<net><handle>NET-203-0-113-0-1</handle><orgHandle>C00000001</orgHandle>
<parentNetHandle>NET-192-0-2-0-1</parentNetHandle><netBlocks><netBlock>
<startAddress>203.0.113.0</startAddress><endAddress>203.0.113.255</endAddress><type>S</type>
</netBlock></netBlocks></net>
<net><handle>NET-203-0-113-0-2</handle><orgHandle>C00000001</orgHandle><netBlocks><netBlock>
<startAddress>203.0.113.0</startAddress><endAddress>203.0.113.127</endAddress><type>DS</type>
</netBlock></netBlocks>
<pocLinks><pocLink description="Abuse" function="AB" handle="BROKEN1-ARIN"/></pocLinks></net>
<net><handle>NET6-2001-DB8-1</handle><orgHandle>EXAMPLE</orgHandle><netBlocks><netBlock>
<startAddress>2001:0DB8:0000:0000:0000:0000:0000:0000</startAddress>
<endAddress>2001:0DB8:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF</endAddress><type>DA</type></netBlock></netBlocks>
<version>6</version></net>
<asn><handle>AS64496</handle><name>EXAMPLE-AS</name><orgHandle>EXAMPLE</orgHandle>
<startAsNumber>64496</startAsNumber><endAsNumber>64498</endAsNumber></asn>
<asn><handle>AS64511</handle><orgHandle>RIPE</orgHandle>
<startAsNumber>64511</startAsNumber><endAsNumber>64511</endAsNumber></asn>
</bulkwhois>
"""


def contacts(read: list[Read]) -> list[tuple[str, str, str, str]]:
    found = [each for each in read if isinstance(each, Found)]
    return [(str(f.network), f.address, f.organisation_name, f.country) for f in found]


def passed(read: list[Read]) -> Counter[PassedOver]:
    return Counter(each for each in read if isinstance(each, PassedOver))


def problems(read: list[Read]) -> list[Problem]:
    return [each for each in read if isinstance(each, Problem)]


def files(directory: Path, form: str) -> list[Path]:
    """The made-up data in each of the ways in which they come."""
    one = directory / "arin_db"
    match form:
        case "text":
            # As ARIN's stylesheet leaves blanks before a network.
            one.write_text(NETWORKS.replace("\n\nV6", "\n    \nV6") + PEOPLE)
        case "separate":
            other = directory / "nets+asns.txt.gz"
            other.write_bytes(gzip.compress(NETWORKS.encode()))
            one.write_text(PEOPLE)
            return [other, one]
        case "windows":
            one.write_bytes(
                ("\ufeff# a remark\n" + PEOPLE + NETWORKS).encode().replace(b"\n", b"\r\n")
            )
        case "xml":
            one.write_text(XML)
        case "gzip":
            one.write_bytes(gzip.compress(XML.encode()))
        case "utf-16":
            one.write_bytes(XML.replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16"))
        case "archive":
            with zipfile.ZipFile(one, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("readme.txt", "Terms: of use\n\nmore")
                archive.writestr("arin_db.txt", "what nobody reads")
                archive.writestr("bulk/arin_db.xml", XML)
                archive.writestr("schema/bwi.rnc", "start = bulkwhois")
        case "archive of texts":
            with zipfile.ZipFile(one, "w") as archive:
                archive.writestr("nets.txt", NETWORKS)
                archive.writestr("orgs.txt", PEOPLE)
    return [one]


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


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("NetHandle: NET-X\nOrgID: EXAMPLE\nNetType: allocation\nNetRange: 192.0.2.0 -", "cut off"),
        ("Comment: a half\nAbuseHandle: OWN1-ARIN\nSource: ARIN", "begins with 'comment'"),
        ("no label at all\nSource: ARIN", "begins with 'no label at all'"),
        ("OrgID: EXAMPLE\nNetRange: 192.0.2.0 - 192.0.2.9\nSource: ARIN", "without a handle"),
        ("NetHandle:\nNetRange: 192.0.2.0 - 192.0.2.9\nSource: ARIN", "without a handle"),
        ("POCHandle:\nMailbox: a@example.org\nSource: ARIN", "without a handle"),
        ("NetHandle: NET-X\nNetType: allocation\nSource: ARIN", "without NetRange"),
        ("NetHandle: NET-X\nNetRange: 192.0.2.0\nSource: ARIN", "no range"),
        (
            "NetHandle: NET-X\nNetRange: 192.0.2.9 - 192.0.2.1\nSource: ARIN",
            "ends before it begins",
        ),
        ("NetHandle: NET-X\nNetRange: 192.0.2.0 - 2001:db8::\nSource: ARIN", "different kinds"),
        ("NetHandle: NET-X\nNetRange: 192.0.2.0 - 192.0.2.\nSource: ARIN", "not an IP address"),
        (
            "NetHandle: NET-X\nOrgID: EXAMPLE\nNetType: allocation\n"
            "NetRange: 0.0.0.0 - 255.255.255.255\nSource: ARIN",
            "broader than anything",
        ),
        ("ASHandle: AS64496\nASNumber: 64496 - 64495\nSource: ARIN", "no range"),
        ("ASHandle: AS64496\nASNumber: 1 - 4294967295\nSource: ARIN", "no range"),
        ("ASHandle: AS64496\nASNumber: 64496 -\nSource: ARIN", "no AS number"),
        (
            "POCHandle: P-ARIN\n" + "Mailbox: a@example.org\n" * 300 + "Source: ARIN",
            "more than 200",
        ),
    ],
)
def test_a_record_that_is_wrong_is_refused_with_its_place_and_the_others_stand(
    record: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "arin_db.txt"
    path.write_text(f"\n{record}\n{NETWORKS}{PEOPLE}")
    read = list(read_arin([path]))
    assert words in problems(read)[0].what
    assert (problems(read)[0].line, problems(read)[0].where) == (2, str(path))
    assert len(problems(read)) == 2
    assert set(contacts(read)) == EXPECTED


def test_the_last_address_of_an_ipv6_range_may_lack_its_second_colon(tmp_path: Path) -> None:
    path = tmp_path / "arin_db.txt"
    record = (
        "V6NetHandle: N\nOrgID: EXAMPLE\nNetType: assignment\nNetRange: 2001:db8:: - 2001:db8:1:\n"
    )
    path.write_text(f"{record}Source: ARIN\n\n{PEOPLE}")
    found = {each[0] for each in contacts(list(read_arin([path])))}
    assert found == {"2001:db8::/48", "2001:db8:1::/128"}


def test_bytes_that_are_no_utf_8_do_not_lose_a_contact(tmp_path: Path) -> None:
    path = tmp_path / "arin_db.txt"
    text = (NETWORKS + PEOPLE).replace("Example Access", "Soci\xe9t\xe9 \u202eExample")
    path.write_bytes(text.encode("latin-1", errors="ignore"))
    found = contacts(list(read_arin([path])))
    assert {each[:2] for each in found} == {each[:2] for each in EXPECTED}
    assert "Soci\ufffdt\ufffd Example" in {each[2] for each in found}


def test_networks_that_lie_in_each_other_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    path = tmp_path / "arin_db.txt"
    circle = "".join(
        f"NetHandle: {one}\nOrgID: C00000001\nParent: {other}\nNetType: reassignment\n"
        "NetRange: 203.0.113.0 - 203.0.113.255\nSource: ARIN\n\n"
        for one, other in (("A", "B"), ("B", "A"), ("C", "C"))
    )
    path.write_text(circle + PEOPLE)
    assert passed(list(read_arin([path])))[PassedOver.NO_CONTACT] == 3


@pytest.mark.parametrize("form", ["text", "gzip", "archive", "xml"])
def test_a_file_that_was_cut_short_is_refused_as_a_whole(form: str, tmp_path: Path) -> None:
    (path,) = files(tmp_path, form)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(InputError) as refused:
        list(read_arin([path]))
    assert refused.value.todo
    assert str(path) in str(refused.value)


LAUGHS = """<?xml version="1.0"?><!DOCTYPE bulkwhois [<!ENTITY a "ha"><!ENTITY b "{}">]>
<bulkwhois><poc><handle>&b;</handle></poc></bulkwhois>""".format("&a;" * 1000)
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE bulkwhois SYSTEM "file:///etc/passwd">
<bulkwhois><poc><handle>X</handle></poc></bulkwhois>"""


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (LAUGHS, "DOCTYPE"),
        (OUTSIDE, "DOCTYPE"),
        ("<nmaprun><poc/></nmaprun>", "begins with <nmaprun>"),
        ("<bulkwhois>" + "<a>" * 100, "within one another"),
        ("<bulkwhois><poc><handle>&nbsp;</handle></poc></bulkwhois>", "no whole XML"),
        ("<bulkwhois><poc a='" + "x" * (5 << 20) + "'/></bulkwhois>", "a tag of more than"),
        ('<?xml version="1.0" encoding="what"?><bulkwhois/>', "cannot be read|no whole XML"),
        ('<?xml version="1.0"?><bulkwhois>\udcff</bulkwhois>', "no whole XML"),
    ],
    ids=["laughs", "outside", "other", "deep", "entity", "tag", "encoding", "bytes"],
)
def test_a_hostile_document_is_refused_and_nothing_in_it_is_expanded(
    document: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "arin_db.xml"
    path.write_bytes(document.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(InputError, match=words):
        list(read_arin([path]))


@pytest.mark.parametrize("form", ["gzip", "zip"])
def test_a_bomb_is_given_up_long_before_it_is_unpacked(form: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    large = b" " * (8 << 20)
    if form == "gzip":
        path.write_bytes(gzip.compress(large))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("arin_db.txt", large)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="200 times"):
            list(read_arin([path]))
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_a_value_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "arin_db.xml"
    name = "x" * (6 << 20)
    path.write_text(f"<bulkwhois><org><handle>O</handle><name>{name}</name></org></bulkwhois>")
    other = tmp_path / "arin_db.txt"
    other.write_text(f"OrgID: O\nOrgName: {name}\nSource: ARIN\n")
    for each in (path, other):
        tracemalloc.start()
        try:
            assert list(read_arin([each])) == [PassedOver.HOLDER]
            assert tracemalloc.get_traced_memory()[1] < 2 << 20
        finally:
            tracemalloc.stop()


def test_an_archive_with_nothing_of_the_registry_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(InputError, match="neither"):
        read_arin([path])


@settings(max_examples=60)
@given(st.sampled_from(["", "<bulkwhois>", "NetHandle: ", "OrgID: "]), st.text(max_size=300))
def test_any_text_is_read_or_told(begin: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "any"
        path.write_text(begin + text, "utf-8", errors="replace")
        try:
            read = list(read_arin([path]))
        except InputError:
            return
        assert all(isinstance(each, Found | Problem | PassedOver) for each in read)


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
