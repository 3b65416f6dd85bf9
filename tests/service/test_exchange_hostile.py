"""Whatever a file of subscribers holds, it is brought in, or refused with its place."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.service.desk import Desk

from tocsin.model.errors import TocsinError
from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.abuse_contacts.reading.ranges import prefixes_of
from tocsin.service.subscribers.exchange.bring import bring_in, differences
from tocsin.service.subscribers.exchange.read import FORMS, read_subscribers

HOSTILE = (
    "\x00",
    "a\x00b@example.org",
    "x\r\nBcc: eva@example.net",
    "\u202egro.elpmaxe",
    "=cmd|' /C x'!A0",
    "<script>alert(1)</script>",
    "\ud800",
    "a" * 70_000,
    "'; drop table x; --",
    "AS0",
    "AS64496-AS1",
    "0.0.0.0/0",
    "::/0",
    "192.0.2.0/33",
    "192.0.2.255-192.0.2.0",
    "0.0.0.0-255.255.255.255",
    "192.0.2.0-2001:db8::1",
    "999999999999999999999",
    "xn--80ak6aa92e.com",
    "..",
    "*",
    "@",
    "a@b@example.org",
    "",
    " ",
    "١٢٣",
    "192.0.2.0/24",
    "64496",
    "example.org",
    "XX",
    "ada@example.org",
    "2026-11-22T00:00:00Z",
    "nan",
)
KEYS = (
    "name",
    "organisation_id",
    "comment",
    "ripe_org_hdl",
    "contacts",
    "asns",
    "networks",
    "fqdns",
    "national_certs",
    "email",
    "firstname",
    "lastname",
    "tel",
    "asn",
    "address",
    "fqdn",
    "annotations",
    "country_code",
    "org_id",
    "actual_name",
    "inside_filter_asns",
    "inside_filter_ip_networks",
    "ip_networks",
    "notification_emails",
    "org_user_logins",
    "contact_points",
    "n6asn",
    "n6cc",
    "ip_network",
    "cc",
    "o",
    "description",
    "settings_rep",
    "settings_filter",
    "parent",
    "members",
    "emails_info",
    "emails_low",
    "format",
    "slug",
    "kind",
    "country",
    "mail_domains",
    "notes",
    "state",
    "lists",
    "recipients",
    "filter",
    "all_networks",
    "except_types",
    "least_severity",
    "compressed",
    "delivery",
    "delta",
    "language",
    "mode",
    "redirect_to",
    "extra_columns",
    "proofs",
    "method",
    "made_at",
    "ends_at",
    "network",
    "label",
    "holder",
    "full_name",
    "phone",
    "role",
    "has_ended",
    "groupname",
    "_id",
    "source",
    "ns",
    "bounds",
    "mail_to",
    "timing",
)
texts = st.sampled_from(HOSTILE)
scalars = st.one_of(
    texts, st.none(), st.booleans(), st.integers(), st.floats(), st.just(10**400), st.just(-1)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=20,
)
organisations = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(KEYS[:40], values)
) | st.dictionaries(st.sampled_from(KEYS), values, max_size=12)


def named(said: Any) -> Any:
    """With a name in every form's way, so that more than the name is looked at."""
    if not isinstance(said, dict):
        return said
    return {"slug": "example", "name": "Example", "org_id": "example", "_id": 1, **said}


@settings(
    max_examples=cases(50), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(
    form=st.sampled_from([each for each in FORMS if each != "csv"]),
    said=st.lists(organisations.map(named), max_size=3),
)
def test_nothing_in_a_file_breaks_an_import(
    form: str, said: list[Any], desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(said))
    before = differences(read_subscribers(path, form), clock.now())
    done = bring_in(read_subscribers(path, form), "file", Actor.system("test"), clock.now())
    assert done.figures() == {**before.figures(), "invited": done.invited}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00", b"\xff\xfe{", b"[", b"[{", b'[{"name": "\xed\xa0\x80"}]', b"[" * 100_000,
        b'{"a":' * 100_000, b"[1e999999]", b"[" + b"9" * 10_000 + b"]", b"null", b'"x"', b"}",
        b'{"organisations": {"a": 1}}', b'{"organisations": [', b"\xef\xbb\xbf[]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_such_file_is_told_with_what_to_do(
    form: str, content: bytes, desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    found = 0
    with suppress(TocsinError):  # told, and nothing is changed
        found = differences(read_subscribers(path, form), clock.now()).organisations
    assert found == 0


def test_a_range_from_one_kind_of_addresses_to_the_other_is_none() -> None:
    with pytest.raises(ValueError, match="different kinds"):
        prefixes_of("192.0.2.0 - 2001:db8::1")
