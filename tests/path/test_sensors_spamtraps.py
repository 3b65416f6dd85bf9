"""Mail to spam traps, from its files to records."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from tests.fakes.mail_files import (
    MORNING,
    TRAP,
    cells,
    everything,
    mail,
    mbox,
    received,
    rows,
    take,
    take_example,
)
from tests.fakes.small_home import SmallHome, rows_of

from tocsin.engine.intake.spool import waiting

PAGE = Path(__file__).parents[2] / "docs" / "operators" / "sensors" / "spam-traps.md"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def blocks_of_page() -> list[str]:
    """What the page shows to write into a source of one's own."""
    return re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def test_of_a_traps_mail_relays_hosts_and_phishing_are_told(small: SmallHome) -> None:
    piece = take_example(small, "spam-trap")
    assert piece.accepted == piece.rows == 3
    assert piece.records == {"blocklist": 3, "spam_url": 2, "phishing_url": 1}
    assert piece.observations == {"message": 3}
    assert cells(small, "blocklist", "ip", "source", "reason", "tag") == [
        (relay, "spam trap", "sent mail to a spam trap", "spam")
        for relay in ("192.0.2.11", "192.0.2.44", "2001:db8::25")
    ]
    assert cells(small, "spam_url", "ip", "port", "url", "src_ip", "sender", "subject") == [
        (
            "198.51.100.49",
            80,
            "http://198.51.100.49/pills?for=***",
            "192.0.2.11",
            "offers@example.net",
            "Everything must go",
        ),
        (
            "198.51.100.77",
            8080,
            "http://198.51.100.77:8080/login/verify.html",
            "192.0.2.44",
            "service@example.com",
            "Please verify your account",
        ),
    ]
    assert cells(small, "phishing_url", "ip", "url", "detail", "application", "severity") == [
        (
            "198.51.100.77",
            "http://198.51.100.77:8080/login/verify.html",
            "example.com",
            "http",
            "high",
        )
    ]
    assert cells(small, "message", "src_ip", "sender_domain", "subject", "ip") == [
        ("192.0.2.11", "example.net", "Everything must go", None),
        ("192.0.2.44", "example.com", "Please verify your account", None),
        ("2001:db8::25", "example.net", "Hello", None),
    ]


def test_links_to_names_are_counted_and_told_to_nobody(small: SmallHome) -> None:
    named, both = "http://shop.example.com/", "http://198.51.100.9/ http://shop.example.com/"
    piece = take(small, mbox(mail(named), mail(both)))
    assert piece.records == {"blocklist": 2, "spam_url": 1}
    assert piece.notes["not_for:spam_url"] + piece.notes["events_left_out"] == 2


def test_both_addressees_are_told_each_of_his_own(small: SmallHome) -> None:
    take_example(small, "spam-trap")
    run = small.night()
    relays = rows_of(small, run, "2026-11-22-blocklist-alpha-asn.csv")
    assert [row["ip"] for row in relays] == ["192.0.2.11", "192.0.2.44"]
    hosts = rows_of(small, run, "2026-11-22-spam_url-beta-cidr.csv")
    assert [(row["ip"], row["src_ip"]) for row in hosts] == [
        ("198.51.100.49", "192.0.2.11"),
        ("198.51.100.77", "192.0.2.44"),
    ]
    (page,) = rows_of(small, run, "2026-11-22-phishing_url-beta-cidr.csv")
    assert (page["ip"], page["detail"], page["source"]) == (
        "198.51.100.77",
        "example.com",
        "spam trap",
    )


FORGED = [
    received("203.0.113.66", second=0),
    "Received: from [203.0.113.66] by mx1.traps.example.org; Sat, 21 Nov 2026 01:00:00 +0000\n",
    "Received: (((((\n",
    "Received: " + "[203.0.113.66] " * 5000 + "\n",
    "X-Originating-IP: 203.0.113.66\nX-Received: by 203.0.113.66\n",
]


@pytest.mark.parametrize("forged", range(len(FORGED)))
def test_received_headers_that_a_sender_forges_change_nothing(
    small: SmallHome, forged: int
) -> None:
    text = "http://198.51.100.9/x"
    take(small, mbox(mail(text), mail(text, head=received() + FORGED[forged] * 3)))
    same = ("ip", "timestamp", "asn", "reason", "hostname")
    first, second = cells(small, "blocklist", *same)
    assert first == second
    first, second = cells(small, "spam_url", "src_ip", "timestamp", "ip", "url", "src_asn")
    assert first == second
    assert not any("203.0.113.66" in str(row) for row in everything(small))


UNKNOWN = {
    "no header": "",
    "a local one": "Received: by mx1 (Postfix, from userid 0); Sun, 22 Nov 2026 05:12:01 +0000\n",
    "an unknown one": received("unknown"),
    "none, and a forged one": "Received: nonsense\n" + received(),
}


@pytest.mark.parametrize("case", sorted(UNKNOWN))
def test_a_message_whose_relay_cannot_be_told_is_rejected(small: SmallHome, case: str) -> None:
    body = "http://198.51.100.9/x http://198.51.100.10/x"
    piece = take(small, mbox(mail(body, head=UNKNOWN[case]), mail("x")))
    assert (piece.accepted, sum(piece.rejected.values())) == (1, 1)
    assert set(piece.rejected) <= {"no_subject", "no_time"}
    assert piece.records == {"blocklist": 1}


def test_behind_a_gateway_of_ones_own_the_second_hop_counts(small: SmallHome) -> None:
    small.write_source("gated", blocks_of_page()[0])
    own = received("198.51.100.200", by="store.example.org", second=9)
    take(
        small,
        mbox(mail("x", head=own + received("192.0.2.77") + received("203.0.113.66"))),
        source="gated",
    )
    assert cells(small, "blocklist", "ip") == [("192.0.2.77",)]


def test_a_source_may_demand_the_name_of_its_own_server(small: SmallHome) -> None:
    own, relay = blocks_of_page()
    said = yaml.safe_load(own)
    said["reading"]["columns"] |= {"timestamp": "hops.0.date", **yaml.safe_load(relay)}
    small.write_source("named", yaml.safe_dump(said))
    other = received("203.0.113.66", by="mail.example.net")
    piece = take(small, mbox(mail("x"), mail("x", head=other)), source="named")
    assert (piece.accepted, piece.rejected) == (1, {"no_subject": 1})
    assert cells(small, "blocklist", "ip") == [("192.0.2.11",)]


def test_a_message_without_the_servers_date_has_its_own_and_says_so(small: SmallHome) -> None:
    bare = "Received: from x ([192.0.2.11]) by mx1\n"
    take(small, mbox(mail("x", head=bare, more="Date: Sun, 22 Nov 2026 07:00:00 +0200\n")))
    ((moment, extra),) = cells(small, "blocklist", "timestamp", "_extra")
    assert str(moment).startswith("2026-11-22 05:00:00")
    assert json.loads(str(extra))["date_of"] == "message"


def test_files_of_a_maildir_are_messages_and_equal_texts_to_two_traps_are_two(
    small: SmallHome,
) -> None:
    folder = small.home.spool / "spam-trap"
    folder.mkdir(parents=True)
    for number, trap in enumerate(("pot-seven", "pot-eight")):
        name = f"179532432{number}.M1P7V3.mx1,S=811:2,"
        (folder / name).write_text(mail("http://198.51.100.9/x").replace("pot-seven", trap))
    (folder / "trap-3.eml.part").write_text("being written")
    found = waiting(small.home.spool, "spam-trap")
    assert len(found) == 2
    collected = small.collect(*found, source="spam-trap", now=MORNING, switched_off=("reserved",))
    pieces = [piece for record in collected.records for piece in record.pieces]
    assert [piece.accepted for piece in pieces] == [1, 1]
    assert len({row["_id"] for row in rows(small, "blocklist")}) == 2


def test_of_an_mbox_that_has_grown_the_new_messages_are_taken(small: SmallHome) -> None:
    messages = [mail(f"http://198.51.100.{number}/x") for number in range(1, 5)]
    take(small, mbox(*messages[:3]))
    path = small.put("trap.mbox", mbox(*messages))
    grown = small.collect(path, source="spam-trap", now=MORNING, switched_off=("reserved",))
    assert (grown.already, grown.records[0].pieces[0].rows) == (3, 1)
    assert len(rows(small, "spam_url")) == 4


def test_the_same_records_however_an_mbox_is_cut_and_packed(
    small: SmallHome, tmp_path: Path
) -> None:
    content = mbox(*[mail(f"http://198.51.100.{number}/x") for number in range(1, 60)])
    take(small, content)
    other = SmallHome.make(tmp_path / "other")
    path = other.put("trap.mbox.gz", gzip.compress(content))
    other.collect(path, source="spam-trap", now=MORNING, switched_off=("reserved",), slice_rows=7)
    for kind in ("blocklist", "spam_url"):
        ids, again = ({row["_id"] for row in rows(home, kind)} for home in (small, other))
        assert ids == again
        assert len(ids) == 59


HIDDEN = [
    TRAP,
    TRAP.upper(),
    TRAP.replace("@", "%40"),
    base64.b64encode(TRAP.encode()).decode(),
    TRAP.encode().hex(),
    "pot-seven",
]


def test_no_trap_address_is_left_anywhere(small: SmallHome) -> None:
    links = " ".join(f"http://198.51.100.9/u/{said}?to={said}" for said in HIDDEN)
    named = " ".join(f"http://{said.lower()}.example.com/" for said in ("pot-seven", "x-pot-seven"))
    more = (
        f'To: "Seven" <{TRAP}>\nCc: other@example.org\nX-Original-To: {TRAP}\n'
        f"Message-ID: <{TRAP}>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
    )
    body = (
        f'--b\n\n{links} {named}\n--b\nContent-Type: application/zip; name="{TRAP}.zip"\n'
        f'Content-Disposition: attachment; filename="{TRAP}.zip"\n\n{TRAP}\n--b--'
    )
    code = f"=?utf-8?b?{base64.b64encode(f'Dear {TRAP}'.encode()).decode()}?="
    helo = received().replace("from x", "from pot-seven.example.net")
    sound = (
        mail(body, more=more, head=helo).replace("Cheap", code).replace("offers@example.net", TRAP)
    )
    rejected = mail(body, more=more, head="").replace("Cheap", code)
    piece = take(small, mbox(sound, rejected))
    assert (piece.accepted, sum(piece.rejected.values())) == (1, 1)
    assert piece.records["spam_url"] >= 2
    traces = [said.lower() for said in (*HIDDEN, "traps.example.org@", "other@example.org")]
    texts = [json.dumps([*everything(small)], default=str)]
    for path in small.home.root.rglob("*"):
        if path.is_file() and "atlas" not in str(path.relative_to(small.home.root)):
            read = pq.read_table(path).to_pylist() if path.suffix == ".parquet" else ""
            texts += [json.dumps(read, default=str), path.read_bytes().decode("latin-1")]
    assert [said for said in traces for text in texts if said in text.lower()] == []


def test_odd_messages_are_accounted_for_one_by_one(small: SmallHome) -> None:
    nest = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(200)
    )
    messages = [
        mail("http://198.51.100.1/x"),
        "no headers at all",
        mail(nest, more=""),
        mail("x" * (17 << 20)),
        mail("http://198.51.100.2/\0\udcff", more="Subject: \udcfe\udcff\nContent-Type: \0;;;=\n"),
        mail("", more=f"To: {'a@example.org, ' * 20_000}\n"),
        mail(
            "%%%",
            more="Content-Type: text/plain; charset=zlib_codec\n"
            "Content-Transfer-Encoding: base64\n",
        ),
        mail("x", head=received("2001:db8::9")),
    ]
    deep = nest.encode()
    content = mbox(*messages) + b"From x Sun Nov 22 05:12:01 2026\n" + received().encode() + deep
    piece = take(small, content)
    assert piece.rows == 9
    assert piece.rejected == {"unreadable": 3}
    assert piece.accepted == 6


def test_the_longest_links_that_there_can_be_fit_into_a_row(small: SmallHome) -> None:
    links = "\n".join(f"http://198.51.100.9/{number}{chr(0x1F600) * 2000}" for number in range(90))
    piece = take(small, mbox(mail(links)))
    assert piece.records == {"blocklist": 1, "spam_url": 80}


def test_what_is_no_mail_is_refused_as_a_whole(small: SmallHome) -> None:
    collected = small.collect(small.put("trap-1.eml", b"\x89PNG\r\n" * 9), source="spam-trap")
    assert not collected.records
    assert "this is no mail" in collected.refused[0].why
