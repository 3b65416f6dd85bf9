"""Domains are shown as what they look like, and those that look like others are told."""

from __future__ import annotations

import pytest

from tocsin.service.verification.idn import is_misleading, shown


def a_label(text: str) -> str:
    return "xn--" + text.encode("punycode").decode() + ".org"


@pytest.mark.parametrize(
    ("domain", "misleads"),
    [
        ("example.org", False),
        (a_label("bücher"), False),
        (a_label("пример"), False),
        (a_label("\u0435xample"), True),
        (a_label("\u0440\u0430\u0443"), True),
        (a_label("テスト漢字abc"), False),
        ("xn--\u00ff.org", False),
        ("xn--.org", False),
    ],
)
def test_mixed_scripts_and_letters_that_look_latin_are_told(domain: str, *, misleads: bool) -> None:
    assert is_misleading(domain) is misleads


def test_the_letters_are_shown_beside_what_they_stand_for() -> None:
    assert shown("example.org") == "example.org"
    assert shown("xn--bcher-kva.org") == "xn--bcher-kva.org (shown as bücher.org)"
