"""What is wrong in files of ARIN's form, or meant to harm, is refused, and the rest stands."""

from __future__ import annotations

import gzip
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.service.arin_records import (
    EXPECTED,
    NETWORKS,
    PEOPLE,
    contacts,
    files,
    passed,
    problems,
)

from tocsin.model.errors import InputError, Problem
from tocsin.service.subscribers.abuse_contacts.reading.arin import read_arin
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found, PassedOver


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("NetHandle: NET-X\nOrgID: EXAMPLE\nNetType: allocation\nNetRange: 192.0.2.0 -", "cut off"),
        ("Comment: a half\nAbuseHandle: OWN1-ARIN\nSource: ARIN", "begins with 'comment'"),
        ("no label at all\nSource: ARIN", "begins with 'no label at all'"),
        ("OrgID: EXAMPLE\nNetRange: 192.0.2.0 - 192.0.2.9\nSource: ARIN", "without a handle"),
        ("NetHandle:\nNetRange: 192.0.2.0 - 192.0.2.9\nSource: ARIN", "without a handle"),
        ("POCHandle:\nMailbox: a@example.org\nSource: ARIN", "without a handle"),
        ("NetHandle: NET-X\nNetType: allocation\nSource: ARIN", "without NetRange"),
        ("NetHandle: NET-X\nNetRange: 192.0.2.0\nSource: ARIN", "no range"),
        (
            "NetHandle: NET-X\nNetRange: 192.0.2.9 - 192.0.2.1\nSource: ARIN",
            "ends before it begins",
        ),
        ("NetHandle: NET-X\nNetRange: 192.0.2.0 - 2001:db8::\nSource: ARIN", "different kinds"),
        ("NetHandle: NET-X\nNetRange: 192.0.2.0 - 192.0.2.\nSource: ARIN", "not an IP address"),
        (
            "NetHandle: NET-X\nOrgID: EXAMPLE\nNetType: allocation\n"
            "NetRange: 0.0.0.0 - 255.255.255.255\nSource: ARIN",
            "broader than anything",
        ),
        ("ASHandle: AS64496\nASNumber: 64496 - 64495\nSource: ARIN", "no range"),
        ("ASHandle: AS64496\nASNumber: 1 - 4294967295\nSource: ARIN", "no range"),
        ("ASHandle: AS64496\nASNumber: 64496 -\nSource: ARIN", "no AS number"),
        (
            "POCHandle: P-ARIN\n" + "Mailbox: a@example.org\n" * 300 + "Source: ARIN",
            "more than 200",
        ),
    ],
)
def test_a_record_that_is_wrong_is_refused_with_its_place_and_the_others_stand(
    record: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "arin_db.txt"
    path.write_text(f"\n{record}\n{NETWORKS}{PEOPLE}")
    read = list(read_arin([path]))
    assert words in problems(read)[0].what
    assert (problems(read)[0].line, problems(read)[0].where) == (2, str(path))
    assert len(problems(read)) == 2
    assert set(contacts(read)) == EXPECTED


def test_bytes_that_are_no_utf_8_do_not_lose_a_contact(tmp_path: Path) -> None:
    path = tmp_path / "arin_db.txt"
    text = (NETWORKS + PEOPLE).replace("Example Access", "Soci\xe9t\xe9 \u202eExample")
    path.write_bytes(text.encode("latin-1", errors="ignore"))
    found = contacts(list(read_arin([path])))
    assert {each[:2] for each in found} == {each[:2] for each in EXPECTED}
    assert "Soci\ufffdt\ufffd Example" in {each[2] for each in found}


def test_networks_that_lie_in_each_other_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    path = tmp_path / "arin_db.txt"
    circle = "".join(
        f"NetHandle: {one}\nOrgID: C00000001\nParent: {other}\nNetType: reassignment\n"
        "NetRange: 203.0.113.0 - 203.0.113.255\nSource: ARIN\n\n"
        for one, other in (("A", "B"), ("B", "A"), ("C", "C"))
    )
    path.write_text(circle + PEOPLE)
    assert passed(list(read_arin([path])))[PassedOver.NO_CONTACT] == 3


@pytest.mark.parametrize("form", ["text", "gzip", "archive", "xml"])
def test_a_file_that_was_cut_short_is_refused_as_a_whole(form: str, tmp_path: Path) -> None:
    (path,) = files(tmp_path, form)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(InputError) as refused:
        list(read_arin([path]))
    assert refused.value.todo
    assert str(path) in str(refused.value)


LAUGHS = """<?xml version="1.0"?><!DOCTYPE bulkwhois [<!ENTITY a "ha"><!ENTITY b "{}">]>
<bulkwhois><poc><handle>&b;</handle></poc></bulkwhois>""".format("&a;" * 1000)
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE bulkwhois SYSTEM "file:///etc/passwd">
<bulkwhois><poc><handle>X</handle></poc></bulkwhois>"""


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (LAUGHS, "DOCTYPE"),
        (OUTSIDE, "DOCTYPE"),
        ("<nmaprun><poc/></nmaprun>", "begins with <nmaprun>"),
        ("<bulkwhois>" + "<a>" * 100, "within one another"),
        ("<bulkwhois><poc><handle>&nbsp;</handle></poc></bulkwhois>", "no whole XML"),
        ("<bulkwhois><poc a='" + "x" * (5 << 20) + "'/></bulkwhois>", "a tag of more than"),
        ('<?xml version="1.0" encoding="what"?><bulkwhois/>', "cannot be read|no whole XML"),
        ('<?xml version="1.0"?><bulkwhois>\udcff</bulkwhois>', "no whole XML"),
    ],
    ids=["laughs", "outside", "other", "deep", "entity", "tag", "encoding", "bytes"],
)
def test_a_hostile_document_is_refused_and_nothing_in_it_is_expanded(
    document: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "arin_db.xml"
    path.write_bytes(document.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(InputError, match=words):
        list(read_arin([path]))


@pytest.mark.parametrize("form", ["gzip", "zip"])
def test_a_bomb_is_given_up_long_before_it_is_unpacked(form: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    large = b" " * (8 << 20)
    if form == "gzip":
        path.write_bytes(gzip.compress(large))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("arin_db.txt", large)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="200 times"):
            list(read_arin([path]))
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_a_value_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "arin_db.xml"
    name = "x" * (6 << 20)
    path.write_text(f"<bulkwhois><org><handle>O</handle><name>{name}</name></org></bulkwhois>")
    other = tmp_path / "arin_db.txt"
    other.write_text(f"OrgID: O\nOrgName: {name}\nSource: ARIN\n")
    for each in (path, other):
        tracemalloc.start()
        try:
            assert list(read_arin([each])) == [PassedOver.HOLDER]
            assert tracemalloc.get_traced_memory()[1] < 2 << 20
        finally:
            tracemalloc.stop()


def test_an_archive_with_nothing_of_the_registry_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(InputError, match="neither"):
        read_arin([path])


@settings(max_examples=cases(60))
@given(st.sampled_from(["", "<bulkwhois>", "NetHandle: ", "OrgID: "]), st.text(max_size=300))
def test_any_text_is_read_or_told(begin: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "any"
        path.write_text(begin + text, "utf-8", errors="replace")
        try:
            read = list(read_arin([path]))
        except InputError:
            return
        assert all(isinstance(each, Found | Problem | PassedOver) for each in read)
