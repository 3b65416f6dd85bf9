"""Domains out of cells."""

from __future__ import annotations

import pytest

from tocsin.catalogue.entries import DomainForm
from tocsin.engine.intake.domains import domain_of


@pytest.mark.parametrize(
    ("cell", "form", "expected"),
    [
        ("www.Example.ORG.", DomainForm.NAME, "www.example.org"),
        ("büro.example.org", DomainForm.NAME, "xn--bro-hoa.example.org"),
        ("_dmarc.example.org", DomainForm.NAME, "_dmarc.example.org"),
        ("192.0.2.1", DomainForm.NAME, ""),
        ("2001:db8::1", DomainForm.NAME, ""),
        ("localhost", DomainForm.NAME, ""),
        ("..", DomainForm.NAME, ""),
        ("a" * 64 + ".example.org", DomainForm.NAME, ""),
        ("exa mple.org", DomainForm.NAME, ""),
        ("someone@Mail.Example.org", DomainForm.EMAIL, "mail.example.org"),
        ("a@b@example.org", DomainForm.EMAIL, "example.org"),
        ("example.org", DomainForm.EMAIL, ""),
        ("https://user:pw@www.example.org:8443/x?y#z", DomainForm.URL, "www.example.org"),
        ("www.example.org/path", DomainForm.URL, "www.example.org"),
        ("http://192.0.2.1/x", DomainForm.URL, ""),
        ("http://[2001:db8::1]/x", DomainForm.URL, ""),
        ("http://[broken/x", DomainForm.URL, ""),
        ("", DomainForm.URL, ""),
    ],
)
def test_the_domain_is_taken_or_nothing_is(cell: str, form: DomainForm, expected: str) -> None:
    assert domain_of(cell, form) == expected
