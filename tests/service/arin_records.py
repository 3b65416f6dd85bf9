"""Made-up records of a registry in each of the forms in which ARIN's come, and what they give."""

from __future__ import annotations

import gzip
import zipfile
from collections import Counter
from pathlib import Path

from tocsin.model.errors import Problem
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found, PassedOver, Read

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
