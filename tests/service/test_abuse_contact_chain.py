"""Whom to tell: the order of contacts, the chain, and the policy that counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.address import parse_network
from tocsin.service.subscribers.abuse_contacts.chain import (
    Holder,
    StepKind,
    chain_for,
    contacts_for,
)
from tocsin.service.subscribers.abuse_contacts.policies import (
    SILENT,
    Policy,
    choices_for,
    policy_for,
)
from tocsin.service.subscribers.abuse_contacts.values import Asked, ContactValue
from tocsin.service.subscribers.models import ContactOrigin
from tocsin.service.subscribers.values import NetworkKind, NetworkValue, any_network

ADDRESSES = st.sampled_from(["a@example.org", "b@example.org", "c@example.net"])
NETWORKS = st.sampled_from(
    [
        any_network(each)
        for each in (
            "192.0.2.0/24", "192.0.2.0/25", "192.0.2.128/25", "192.0.2.4/30", "192.0.2.5/32",
            "198.51.100.0/24", "AS64496", "AS64497", "XX", "example.org", "www.example.org",
            "2001:db8::/32",
        )
    ]
)  # fmt: skip
CONTACTS = st.builds(
    ContactValue, NETWORKS, ADDRESSES, st.sampled_from(ContactOrigin), is_off=st.booleans()
)
ASKED = st.builds(
    Asked,
    st.none() | st.sampled_from([parse_network(e) for e in ("192.0.2.5", "192.0.2.0/25")]),
    st.sampled_from([(), (64496,), (64497, 64496)]),
    st.sampled_from(["", "example.org", "a.www.example.org"]),
    st.sampled_from(["", "XX"]),
)


def covers(network: NetworkValue, asked: Asked) -> tuple[int, ...] | None:
    """How near a network is, by its definition; None if it does not cover what was asked."""
    match network.kind:
        case NetworkKind.DOMAIN:
            under = f".{asked.domain}".endswith(f".{network.value}") and asked.domain
            return (0, -network.value.count(".")) if under else None
        case NetworkKind.CIDR:
            inside = asked.prefix is not None and network.prefix.covers(asked.prefix)
            return (1, -network.prefix.length) if inside else None
        case NetworkKind.ASN:
            number = int(network.value)
            return (2, asked.origins.index(number)) if number in asked.origins else None
        case NetworkKind.COUNTRY:
            return (3, 0) if network.value == asked.country else None


@given(ASKED, st.lists(CONTACTS, max_size=12))
def test_contacts_come_most_specific_first_and_manual_before_automatic(
    asked: Asked, held: list[ContactValue]
) -> None:
    off = {each.address for each in held if each.is_off}
    expected = []
    for each in held:
        near = covers(each.network, asked)
        if near is not None and each.address not in off:
            origin = list(ContactOrigin).index(each.origin)
            expected.append(((near, origin, each.address), each))
    expected.sort(key=lambda pair: pair[0])
    assert list(contacts_for(asked, held)) == [each for _, each in expected]


@given(ASKED, st.lists(CONTACTS, max_size=12))
def test_an_address_that_is_off_anywhere_is_never_told(
    asked: Asked, held: list[ContactValue]
) -> None:
    told = {each.address for each in contacts_for(asked, held)}
    assert not told & {each.address for each in held if each.is_off}


def test_the_chain_is_owner_then_contact_then_national_cert_and_says_why() -> None:
    asked = Asked(parse_network("192.0.2.5"), (64496,), country="XX")
    network = any_network("192.0.2.0/24")
    contact = ContactValue(network, "abuse@example.org", ContactOrigin.RDAP, "Example ISP")
    owner = Holder("Owner", network, ("noc@example.org",))
    cert = Holder("CERT XX", any_network("XX"), ("cert@example.net",))
    for owners, held, certs, expected in (
        ([owner], [contact], [cert], StepKind.OWNER),
        ([], [contact], [cert], StepKind.CONTACT),
        ([Holder("Owner", network, ())], [contact], [cert], StepKind.CONTACT),
        ([], [], [cert], StepKind.NATIONAL_CERT),
    ):
        steps = chain_for(asked, owners, held, certs)
        assert [step.kind for step in steps if step.is_taken] == [expected]
        assert all(step.why for step in steps)
    assert chain_for(asked, [], [], []) == ()
    assert "abuse role in RDAP" in chain_for(asked, [], [contact], [])[0].why


def test_of_contacts_only_those_of_the_nearest_network_and_best_origin_are_told() -> None:
    asked = Asked(parse_network("192.0.2.5"), (64496,))
    held = [
        ContactValue(any_network("192.0.2.0/24"), "file@example.org", ContactOrigin.REGISTRY_FILE),
        ContactValue(any_network("192.0.2.0/24"), "hand@example.org", ContactOrigin.MANUAL),
        ContactValue(any_network("192.0.2.0/24"), "hand2@example.org", ContactOrigin.MANUAL),
        ContactValue(any_network("AS64496"), "as@example.org", ContactOrigin.MANUAL),
    ]
    steps = chain_for(asked, [], held, [])
    assert [step.addresses for step in steps if step.is_taken] == [
        ("hand2@example.org", "hand@example.org")
    ]
    assert len(steps) == 3


WORDS = st.sampled_from(["info", "high"])
POLICIES = st.lists(
    st.builds(
        Policy,
        st.sampled_from(["", "XX", "XA"]),
        st.sampled_from(["", "t1", "t2"]),
        st.booleans(),
        least_severity=WORDS,
    ),
    unique_by=lambda each: (each.country, each.report_type),
)


@given(POLICIES, st.sampled_from(["XX", "XA", "XB"]), st.sampled_from(["t1", "t2", "t3"]))
def test_the_most_particular_policy_counts(
    policies: list[Policy], country: str, report_type: str
) -> None:
    by_key = {(each.country, each.report_type): each for each in policies}
    keys = ((country, report_type), (country, ""), ("", report_type), ("", ""))
    expected = next((by_key[key] for key in keys if key in by_key), SILENT)
    assert policy_for(policies, country, report_type) == expected


@given(POLICIES, st.sampled_from(["XX", "XA", "XB"]), st.sampled_from(["t1", "t2", "t3"]))
def test_choices_say_of_each_type_what_its_policy_says(
    policies: list[Policy], country: str, report_type: str
) -> None:
    chosen = [
        each
        for each in choices_for(policies, country)
        if (report_type in each.only if each.only is not None else report_type not in each.never)
    ]
    policy = policy_for(policies, country, report_type)
    assert [each.least_severity for each in chosen] == (
        [policy.least_severity] if policy.notify else []
    )
