"""Access logs of web servers, taken apart into the cells of their lines."""

from __future__ import annotations

import io
import json

import pytest

from tocsin.engine.sources.access_log import access_log_lines

WHEN = "[22/Nov/2026:04:12:09 +0100]"


def told(content: bytes) -> list[dict[str, str] | str]:
    lines = b"".join(access_log_lines(io.BytesIO(content))).decode().split("\n")[:-1]
    return [json.loads(line) if line.startswith("{") else line for line in lines]


def row(text: str) -> dict[str, str]:
    (found,) = told(text.encode())
    assert isinstance(found, dict), found
    return found


def test_the_form_common_has_neither_referer_nor_agent() -> None:
    assert row(f'192.0.2.7 - - {WHEN} "GET /a?b=1 HTTP/1.1" 200 12') == {
        "client": "192.0.2.7",
        "time": "2026-11-22T04:12:09+01:00",
        "request": "GET /a?b=1 HTTP/1.1",
        "method": "GET",
        "target": "/a?b=1",
        "version": "HTTP/1.1",
        "status": "200",
        "bytes": "12",
    }


def test_the_form_combined_may_have_the_host_before_it_and_more_behind_it() -> None:
    said = row(
        f'gate.example.com:80 2001:db8::7 - somebody {WHEN} "GET / HTTP/1.1" 200 - '
        '"http://www.example.org/" "Example/1.0" "x" 0.1'
    )
    names = ("host", "port", "client", "user", "referer", "agent", "more")
    assert [said.get(name) for name in names] == [
        "gate.example.com",
        "80",
        "2001:db8::7",
        "somebody",
        "http://www.example.org/",
        "Example/1.0",
        '"x" 0.1',
    ]
    assert "bytes" not in said


def test_a_host_that_a_client_made_up_does_not_move_its_address() -> None:
    tail = f'192.0.2.7 - - {WHEN} "GET / HTTP/1.1" 200 12 "-" "-"'
    for host in ("gate.example.com:8080:80", "198.51.100.9 -", "198.51.100.9 - - ["):
        (line,) = told(f"{host} {tail}".encode())
        assert not isinstance(line, dict) or line["client"] == "192.0.2.7", line


def test_the_host_before_it_may_have_no_port_or_be_an_address() -> None:
    tail = f'192.0.2.7 - - {WHEN} "GET / HTTP/1.1" 200 12 "-" "-"'
    assert row(f"gate.example.com {tail}")["host"] == "gate.example.com"
    assert row(f"[2001:db8::80]:443 {tail}")["host"] == "[2001:db8::80]"
    assert "host" not in row(tail)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a \"b\" c", 'a "b" c'),
        (r"\x22quoted\x22", '"quoted"'),
        (r"\\x", "\\x"),
        (r"tab\there", "tab\there"),
        (r"\xc3\xa9", "\u00e9"),
        (r"\xff", "\ufffd"),
    ],
)
def test_what_is_escaped_reads_as_it_was_sent(written: str, meant: str) -> None:
    said = row(f'192.0.2.7 - - {WHEN} "GET / HTTP/1.1" 200 1 "-" "{written}"')
    assert said["agent"] == meant


def test_what_is_no_request_of_http_has_no_method() -> None:
    said = row(f'192.0.2.7 - - {WHEN} "\\x16\\x03\\x01" 400 0 "-" "-"')
    assert said["request"] == "\x16\x03\x01"
    assert not {"method", "target"} & said.keys()


def test_each_line_is_a_row_and_what_is_none_says_why() -> None:
    good = f'192.0.2.7 - - {WHEN} "GET / HTTP/1.1" 200 1 "-" "-"'.encode()
    late = good.replace(b"Nov", b"Nox")
    lines = told(b"\n".join([good, b"", b"nonsense \xff", late, good + b"\r"]) + b"\n")
    assert [isinstance(line, dict) for line in lines] == [True, False, False, False, True]
    assert lines[1] == ""
    assert "no line of the forms" in str(lines[2])
    assert "its time is not written as" in str(lines[3])


def test_a_content_none_of_whose_lines_is_one_is_refused() -> None:
    with pytest.raises(ValueError, match="this is no access log"):
        told(b'{"a": 1}\n' * 200)


def test_a_hostile_line_takes_no_time() -> None:
    assert len(told(b'a "' + b"\\" * 500_000 + b"\n" + b'" [' * 300_000 + b"\n")) == 2
