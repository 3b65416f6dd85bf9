"""Files of other programs, read as organisations; every mistake told with its place and a cure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tocsin.model.errors import InputError, Problem
from tocsin.service.subscribers.exchange.forms import OrganisationForm, Said
from tocsin.service.subscribers.exchange.json_items import items_of
from tocsin.service.subscribers.exchange.read import read_subscribers
from tocsin.service.subscribers.models import ContactRole, RecipientKind


def read(path: Path, form: str, said: object) -> tuple[list[OrganisationForm], list[Problem]]:
    path.write_text(said if isinstance(said, str) else json.dumps(said, indent=1))
    found = list(read_subscribers(path, form))
    return (
        [each.form for each in found if isinstance(each, Said)],
        [each for each in found if isinstance(each, Problem)],
    )


def test_an_organisation_of_certbund_contact(tmp_path: Path) -> None:
    said = [
        {
            "organisation_id": 7,
            "name": "Example Access",
            "comment": "big",
            "ripe_org_hdl": "ORG-EX1-RIPE",
            "ti_handle": "",
            "sector_id": None,
            "contacts": [
                {
                    "email": "Ada@example.org",
                    "firstname": "Ada",
                    "lastname": "Example",
                    "tel": "+1",
                },
                {"email": "none"},
            ],
            "asns": [{"asn": 64496, "annotations": [{"tag": "no-malware"}]}, {"asn": 64496}],
            "networks": [{"address": "192.0.2.0/24", "comment": ""}, {"address": "192.0.2.1/24"}],
            "fqdns": [{"fqdn": "example.org"}],
            "national_certs": [],
        },
        {"name": "CERT XX", "national_certs": [{"country_code": "XX"}], "contacts": []},
        {"name": "CERT-XX"},
        {"comment": "nobody"},
    ]
    (first, cert), problems = read(tmp_path / "f", "certbund", said)
    assert (first.slug, first.kind) == ("example-access", "owner")
    assert [str(each.network) for each in first.networks] == [
        "AS64496",
        "192.0.2.0/24",
        "example.org",
    ]
    assert first.contacts[0].full_name == "Ada Example"
    assert first.notes == "big\nripe_org_hdl: ORG-EX1-RIPE"
    assert {each.filter.value for each in first.lists} == {"asn", "cidr", "domain"}
    assert {each.mode for each in first.lists} == {"shadow"}
    assert [each.address for each in first.lists[0].recipients] == ["ada@example.org"]
    assert first.lists[0].recipients[0].kind == RecipientKind.PERSON
    assert len(first.left_out) == 1
    assert (cert.kind, cert.country) == ("national_cert", "XX")
    assert [each.what.split(":")[0] for each in problems] == [
        "networks[1]", "contacts[1].email", "cert-xx stands there twice, first on line 49", "name",
    ]  # fmt: skip
    assert all(each.line and each.todo for each in problems)


def test_the_three_forms_of_n6_say_the_same(tmp_path: Path) -> None:
    database = {
        "org_id": "example.org",
        "actual_name": "Example",
        "inside_filter_asns": [{"asn": 64496}],
        "inside_filter_ip_networks": [{"ip_network": "192.0.2.0/24"}],
        "inside_filter_fqdns": [{"fqdn": "example.org"}],
        "email_notification_addresses": [{"email": "noc@example.org"}],
        "users": [{"login": "ada@example.org"}],
    }
    portal = {
        "org_id": "example.org",
        "actual_name": "Example",
        "asns": [64496],
        "ip_networks": ["192.0.2.0/24"],
        "fqdns": ["example.org"],
        "notification_emails": ["noc@example.org"],
        "org_user_logins": ["ada@example.org"],
    }
    ldap = {
        "o": ["example.org"],
        "name": ["Example"],
        "n6asn": ["64496"],
        "n6ip-network": ["192.0.2.0/24"],
        "n6fqdn": ["example.org"],
        "n6email-notifications-address": ["noc@example.org"],
        "org_user_logins": ["ada@example.org"],
    }
    forms = []
    for said in (database, portal, ldap):
        (form,), problems = read(tmp_path / "f", "n6", [said])
        assert not problems
        forms.append(form)
    assert forms[0] == forms[1] == forms[2]
    assert forms[0].slug == "example-org"
    assert [each.address for each in forms[0].lists[0].recipients] == ["noc@example.org"]
    (form,), _ = read(
        tmp_path / "f", "n6", {**portal, "notification_times": ["9:00"], "n6url": ["x"]}
    )
    assert len(form.left_out) == 2


def test_a_group_of_mentat_has_a_list_per_severity_that_has_addresses(tmp_path: Path) -> None:
    said = {
        "groups": [
            {
                "name": "EXAMPLE",
                "description": "a group",
                "enabled": True,
                "networks": [
                    {"netname": "A", "network": "192.0.2.0-192.0.2.127"},
                    {"netname": "B", "network": "2001:db8::/32"},
                    {"netname": "C", "network": "192.0.2.300"},
                ],
                "settings_rep": {
                    "emails_info": ["noc@example.org"],
                    "emails_critical": ["noc@example.org", "boss@example.org"],
                    "redirect": True,
                },
                "managers": [{"login": "ada", "fullname": "Ada", "email": "ada@example.org"}],
                "members": [{"login": "bob@example.org"}],
            },
            {"name": "OFF", "enabled": False},
        ]
    }
    (form,), problems = read(tmp_path / "f", "mentat", said)
    assert [(each.name, each.least_severity) for each in form.lists] == [
        ("example", "info"),
        ("example-critical", "critical"),
    ]
    assert [each.address for each in form.lists[1].recipients] == ["boss@example.org"]
    assert [(each.address, each.role) for each in form.contacts] == [
        ("ada@example.org", ContactRole.ADMIN),
        ("bob@example.org", ContactRole.MEMBER),
    ]
    assert [str(each.network) for each in form.networks] == ["192.0.2.0/25", "2001:db8::/32"]
    assert len(problems) == 2
    assert len(form.left_out) == 1


@pytest.mark.parametrize("form", ["tocsin", "certbund", "n6", "mentat"])
def test_nonsense_is_told_and_never_breaks(tmp_path: Path, form: str) -> None:
    nonsense: list[object] = [
        3, None, [], {}, {"name": {}}, {"name": "x", "asns": {"asn": {}}, "contacts": "x"},
        {"id": "x", "name": "x", "lists": [{"name": "x", "filter": "none"}], "networks": [[]]},
        {"org_id": "\u202e<b>", "asns": [True, -1, 2**33]}, {"name": "x" * 5000},
        {"name": "a", "enabled": "yes", "networks": [{"network": "0.0.0.0-255.255.255.255"}]},
    ]  # fmt: skip
    _, problems = read(tmp_path / "f", form, nonsense)
    assert problems
    assert all(each.line > 0 and each.todo for each in problems)


def test_a_language_that_there_is_not_is_told_with_those_there_are(tmp_path: Path) -> None:
    said = {"l-1": "fr", "l-2": "DE", "l-3": "xx", "l-4": ""}
    lists = [{"name": name, "filter": "asn", "language": code} for name, code in said.items()]
    given = [{"id": "x", "name": "X", "lists": lists}]
    (form,), (problem,) = read(tmp_path / "f", "tocsin", given)
    assert [each.language for each in form.lists] == ["fr", "de", "en", "en"]
    assert "lists[2].language: “xx” is no language; there are de, en, fr" in problem.what


def test_lists_in_objects_and_objects_in_a_row_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "f"
    for text in (
        '[{"a": [1]},\n{"a": 2}]',
        '{"format": "x/1", "version": 3, "orgs": [\n{"a": [1]},\n{"a": 2}]}',
        '{"a": [1]}\n{"a": 2}\n',
        '\ufeff[ {"a": [1]}, {"a": 2} ] ',
    ):
        path.write_text(text, "utf-8")
        assert [each for _, each in items_of(path)] == [{"a": [1]}, {"a": 2}]
    for text in ('[{"a": 1}', '[{"a": 1},', "[{]", "no", "[" * 100_000, '["' + "x" * 10):
        path.write_text(text)
        with pytest.raises(InputError):
            list(items_of(path))
    path.write_text("")
    assert list(items_of(path)) == []


def test_a_large_file_is_read_piece_by_piece_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "f"
    item = json.dumps({"a": "x" * 300})
    path.write_text("[" + ",\n".join([item] * 10_000) + "]")
    assert [line for line, _ in items_of(path)] == list(range(1, 10_001))
