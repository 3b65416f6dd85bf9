"""Looking an address up in what is kept of ARIN's data, beside its rule taken word by word."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.model.address import V4_OFFSET, address_text
from tocsin.service.subscribers.abuse_contacts.reading.arin import read_arin
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found, PassedOver, Read

BEGIN = (192 << 24 | 2 << 8) | V4_OFFSET
CODES = {"allocation": "DA", "reassignment": "S", "rir": "AR"}


@dataclass(frozen=True)
class Org:
    country: str
    abuse: int | None


@dataclass(frozen=True)
class Net:
    first: int
    size: int
    org: int
    abuse: int | None
    parent: int | None
    type: str

    @property
    def ends(self) -> tuple[str, str]:
        return address_text(BEGIN + self.first), address_text(BEGIN + self.first + self.size - 1)


@dataclass(frozen=True)
class World:
    orgs: tuple[Org, ...]
    nets: tuple[Net, ...]

    def told(self, number: int) -> str:
        """The rule: its own, else the organisation's, else that of the network it lies in."""
        net = self.nets[number]
        if net.type == "rir":
            return ""
        own = net.abuse if net.abuse is not None else self.orgs[net.org].abuse
        if own is not None:
            return f"a{own}@example.org"
        return "" if net.parent is None else self.told(net.parent)

    def of(self, address: int) -> set[tuple[str, str]]:
        """Whom harm at an address is told, and in which country it is."""
        within = [n for n, e in enumerate(self.nets) if e.first <= address < e.first + e.size]
        if not within:
            return set()
        number = min(within, key=lambda each: self.nets[each].size)
        told = self.told(number)
        return {(told, self.orgs[self.nets[number].org].country)} if told else set()


@st.composite
def worlds(draw: st.DrawFn) -> World:
    maybe = st.none() | st.integers(0, 2)
    orgs = draw(st.lists(st.builds(Org, st.sampled_from(("XX", "XA")), maybe), min_size=1))
    places = draw(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 15)), max_size=12))
    spans = sorted({(n % (1 << b) * (256 >> b), 256 >> b) for b, n in places}, key=lambda s: -s[1])
    nets: list[Net] = []
    for first, size in spans:
        around = [n for n, e in enumerate(nets) if e.first <= first < e.first + e.size]
        parent = around[-1] if around else None
        kind = draw(st.sampled_from(("allocation", "rir"))) if parent is None else "reassignment"
        org = draw(st.integers(0, len(orgs) - 1))
        nets.append(Net(first, size, org, draw(maybe), parent, kind))
    return World(tuple(orgs), tuple(nets))


def as_text(world: World) -> str:
    records = [f"POCHandle: P{n}\nMailbox: a{n}@example.org" for n in range(3)]
    for number, org in enumerate(world.orgs):
        abuse = "" if org.abuse is None else f"\nOrgAbuseHandle: P{org.abuse}"
        records.append(f"OrgID: O{number}\nCountry: {org.country}{abuse}")
    for number, net in enumerate(world.nets):
        abuse = "" if net.abuse is None else f"\nAbuseHandle: P{net.abuse}"
        parent = "" if net.parent is None else f"N{net.parent}"
        records.append(
            f"NetHandle: N{number}\nOrgID: O{net.org}\nParent: {parent}\nNetType: {net.type}\n"
            f"NetRange: {net.ends[0]} - {net.ends[1]}{abuse}"
        )
    return "".join(f"{each}\nSource: ARIN\n\n\n" for each in records)


def as_xml(world: World) -> str:
    def links(number: int | None) -> str:
        inner = "" if number is None else f'<pocLink function="AB" handle="P{number}"/>'
        return f'<pocLinks><pocLink function="T" handle="P0"/>{inner}</pocLinks>'

    records = [
        f"<poc><handle>P{n}</handle><emails><email>a{n}@example.org</email></emails></poc>"
        for n in range(3)
    ]
    for number, org in enumerate(world.orgs):
        country = f"<iso3166-1><code2>{org.country}</code2></iso3166-1>"
        records.append(f"<org><handle>O{number}</handle>{country}{links(org.abuse)}</org>")
    for number, net in enumerate(world.nets):
        first, last = net.ends
        block = f"<type>{CODES[net.type]}</type><startAddress>{first}</startAddress>"
        records.append(
            f"<net><handle>N{number}</handle><orgHandle>O{net.org}</orgHandle>"
            f"<parentNetHandle>{'' if net.parent is None else f'N{net.parent}'}</parentNetHandle>"
            f"<netBlocks><netBlock>{block}<endAddress>{last}</endAddress></netBlock></netBlocks>"
            f"{links(net.abuse)}</net>"
        )
    return f"<bulkwhois>{''.join(records)}</bulkwhois>"


def look_up(read: list[Read], address: int) -> set[tuple[str, str]]:
    around = [
        each
        for each in read
        if isinstance(each, Found)
        and each.network.prefix.first <= BEGIN + address <= each.network.prefix.last
    ]
    longest = max((each.network.prefix.length for each in around), default=0)
    return {(e.address, e.country) for e in around if e.network.prefix.length == longest}


@settings(max_examples=cases(60), deadline=None)
@given(worlds())
def test_whoever_looks_an_address_up_finds_whom_the_rule_tells(world: World) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "arin_db"
        path.write_text(as_text(world))
        read = list(read_arin([path]))
        path.write_text(as_xml(world))
        assert list(read_arin([path])) == read
        path.write_text(as_text(world))
        only = list(read_arin([path], "XA"))
    for address in range(0, 256, 16):
        assert look_up(read, address) == world.of(address)
    assert len(read) == 3 + len(world.orgs) + len(world.nets)
    assert [e for e in only if isinstance(e, Found)] == [
        e for e in read if isinstance(e, Found) and e.country == "XA"
    ]
    assert len(only) == len(read)
    held = sum(1 for each in world.nets if each.type != "rir")
    assert Counter(read)[PassedOver.NOT_HELD] == len(world.nets) - held
