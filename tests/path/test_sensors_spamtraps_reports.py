"""Complaints about mail, and DMARC reports, from their files to records."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.fakes.mail_files import cells, everything, mbox, rows, take, take_example
from tests.fakes.small_home import SmallHome


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


# --- complaints ---------------------------------------------------------------------------


def complaint(fields: Mapping[str, str], message: str = "") -> str:
    said = {
        "Feedback-Type": "abuse",
        "User-Agent": "Example/1",
        "Version": "1",
        "Arrival-Date": "Sun, 22 Nov 2026 08:00:00 +0000",
        "Source-IP": "192.0.2.61",
        "Original-Rcpt-To": "<reader@example.org>",
        **fields,
    }
    head = "".join(f"{key}: {value}\n" for key, value in said.items() if value)
    inner = (
        message
        or "From: a@example.net\nTo: reader@example.org\nSubject: Cheap\n\nhttp://198.51.100.61/?u=reader"
    )
    return (
        "From: fbl@example.com\nTo: abuse@example.net\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=p\n\n"
        f"--p\nContent-Type: message/feedback-report\n\n{head}\n"
        f"--p\nContent-Type: message/rfc822\n\n{inner}\n--p--\n"
    )


def test_of_complaints_relays_hosts_and_fraud_are_told(small: SmallHome) -> None:
    piece = take_example(small, "feedback-reports")
    assert piece.records == {"blocklist": 3, "spam_url": 3, "phishing_url": 1}
    assert cells(small, "blocklist", "ip", "reason", "source") == [
        ("192.0.2.61", "complaint of a recipient", "mail feedback"),
        ("2001:db8::61", "complaint of fraud", "mail feedback"),
        (
            "192.0.2.62",
            "sent mail in the name of a domain that DMARC did not prove",
            "mail feedback",
        ),
    ]
    assert cells(small, "phishing_url", "ip", "url") == [
        ("198.51.100.78", "http://198.51.100.78/login")
    ]
    assert cells(small, "spam_url", "url", "src_ip")[:2] == [
        ("http://198.51.100.61/pills", "192.0.2.61"),
        ("http://198.51.100.62/more?u=***", "192.0.2.61"),
    ]
    kept = json.dumps([*everything(small)], default=str)
    assert "somebody" not in kept
    assert "203.0.113.99" not in kept


def test_complaints_are_accounted_for_one_by_one(small: SmallHome) -> None:
    messages = [
        complaint({}),
        complaint({"Feedback-Type": "Not-Spam"}),
        complaint({"Feedback-Type": "auth-failure", "Auth-Failure": "dkim"}),
        complaint({"Feedback-Type": "abuse; x" * 500}),
        complaint({"Source-IP": ""}),
        complaint({"Source-IP": "[198.51.100.300]"}),
        complaint({"Arrival-Date": "soon"}),
        complaint({"Arrival-Date": "", "Received-Date": "Sun, 22 Nov 2026 08:00:00 +0000"}),
        "From: a@example.net\nSubject: no complaint\n\nHello",
    ]
    piece = take(small, mbox(*messages), "arf-1.mbox", "feedback-reports")
    assert piece.accepted == 4  # Two of them for their link alone, whose host is known.
    assert piece.dropped == {"no_rule": 3}
    assert piece.rejected == {"no_time": 1, "unreadable": 1}
    assert "reader" not in json.dumps([*everything(small)], default=str)


# --- DMARC --------------------------------------------------------------------------------


def record(
    address: str = "192.0.2.91", dkim: str = "fail", spf: str = "fail", more: str = ""
) -> str:
    return (
        f"<record><row><source_ip>{address}</source_ip><count>3</count><policy_evaluated>"
        f"<disposition>none</disposition><dkim>{dkim}</dkim><spf>{spf}</spf>{more}"
        "</policy_evaluated></row><identifiers><header_from>Example.org</header_from>"
        "</identifiers></record>"
    )


def report(*records: str, begin: str = "1795305600", root: str = "<feedback>") -> bytes:
    return (
        f'<?xml version="1.0"?>{root}<report_metadata><org_name>Example Mail</org_name>'
        f"<date_range><begin>{begin}</begin><end>1795391999</end></date_range></report_metadata>"
        f"{''.join(records)}</feedback>"
    ).encode()


def zipped(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.xml", data)
    return stream.getvalue()


def with_attachment(kind: str, data: bytes) -> bytes:
    code = base64.encodebytes(data).decode()
    return (
        "From: dmarc@example.net\nSubject: Report domain: example.org\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the attachment.\n--b\n"
        f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n{code}\n--b--\n"
    ).encode()


FORMS = {
    "dmarc-1.xml": report(record()),
    "dmarc-1.xml.gz": gzip.compress(report(record())),
    "dmarc-1.zip": zipped(report(record())),
    "dmarc-gzip.eml": with_attachment("application/gzip", gzip.compress(report(record()))),
    "dmarc-zip.eml": with_attachment("application/zip", zipped(report(record()))),
    "dmarc-octets.eml": with_attachment("application/octet-stream", zipped(report(record()))),
    "dmarc-xml.eml": with_attachment("text/xml", report(record())),
    "dmarc-names.xml": report(record(), root='<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">'),
}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_report_is_read_in_each_form_in_which_it_comes(small: SmallHome, name: str) -> None:
    piece = take(small, FORMS[name], name, "dmarc")
    assert piece.records == {"blocklist": 1}
    (row,) = rows(small, "blocklist")
    assert (row["ip"], row["source"]) == ("192.0.2.91", "Example Mail")
    assert row["reason"] == "DKIM fail, SPF fail for Example.org"
    assert str(row["timestamp"]).startswith("2026-11-22 00:00:00")
    extra = json.loads(str(row["_extra"]))
    assert (extra["count"], extra["disposition"]) == ("3", "none")


def test_only_what_neither_proof_passed_and_nobody_forwarded_is_told(small: SmallHome) -> None:
    passed_on = "<reason><type>mailing_list</type><comment>x</comment></reason>"
    twice = "<reason><type>forwarded</type></reason><reason><type>other</type></reason>"
    rows_of = [
        record(),
        record("2001:db8::91"),
        record(dkim="pass"),
        record(spf="pass"),
        record(dkim=""),
        record(more=passed_on),
        record(more=twice),
        record("nonsense"),
        record(""),
        "<record><row/></record>",
        "<record/>",
    ]
    piece = take(small, report(*rows_of), "dmarc-1.xml", "dmarc")
    assert (piece.rows, piece.accepted) == (11, 2)
    assert piece.dropped == {"no_rule": 7}
    assert piece.rejected == {"bad_subject": 1, "no_subject": 1}
    assert cells(small, "blocklist", "ip") == [("192.0.2.91",), ("2001:db8::91",)]


def test_a_report_that_breaks_off_gives_what_it_has_and_says_so(small: SmallHome) -> None:
    cut = report(record(), record("192.0.2.92"), record("192.0.2.93"))[:-200]
    piece = take(small, cut, "dmarc-1.xml", "dmarc")
    assert (piece.accepted, piece.rejected) == (2, {"unreadable": 1})


def test_a_report_that_declares_entities_is_not_read(small: SmallHome) -> None:
    bomb = b'<!DOCTYPE f [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + report(record("&b;"))[21:]
    piece = take(small, bomb, "dmarc-1.xml", "dmarc")
    assert (piece.rows, piece.rejected) == (1, {"unreadable": 1})
