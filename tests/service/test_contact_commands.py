"""`tocsin contacts` and `tocsin subscribers` as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from tests.service.desk import Desk
from tests.service.founded import founded
from typer.testing import CliRunner, Result

from tocsin.cli.exit_codes import DONE, USAGE
from tocsin.cli.main import application
from tocsin.engine.home import Home
from tocsin.service.fakes.sites import FakeSites
from tocsin.service.outside import Outside, instead
from tocsin.service.subscribers.models import AbuseContact, Organisation


def call(home: Path, *arguments: str) -> Result:
    place = ["--home", str(home)]
    return CliRunner().invoke(application(arguments[0]), [*arguments, *place])


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home that this process serves, with the database of the test."""
    settings.TOCSIN_HOME = Home((tmp_path / "home").resolve())
    return tmp_path / "home"


def test_contacts_are_shown_before_they_are_brought_in_and_told_by_policy(
    desk: Desk, tmp_path: Path, home: Path
) -> None:
    path = tmp_path / "c.csv"
    path.write_text("network,address\nAS64496,abuse@example.org\nAS64496,none\n")
    shown = call(home, "contacts", "import", str(path), "--form", "csv")
    assert shown.exit_code == 1
    assert "abuse@example.org" in shown.stdout
    assert ":3: " in shown.stderr
    assert not AbuseContact.objects.exists()
    said = call(home, "contacts", "import", str(path), "--form", "csv", "--apply", "--json")
    assert json.loads(said.stdout)["added"] == 1
    assert "operator" in call(home, "contacts", "show", "AS64496").stdout
    assert call(home, "contacts", "policy", "--country", "XX", "--notify").exit_code == DONE
    assert "told" in call(home, "contacts", "policies").stdout
    in_german = ("contacts", "policy", "--country", "XX", "--notify", "--language", "DE")
    assert call(home, *in_german).exit_code == DONE
    assert " de " in call(home, "contacts", "policies").stdout
    wrong_language = call(home, *in_german[:-1], "xx")
    assert wrong_language.exit_code == USAGE
    assert "there are de, en, fr" in " ".join(wrong_language.stderr.split())
    off = call(home, "contacts", "disable", "abuse@example.org", "--reason", "bounces")
    assert off.exit_code == DONE
    assert "Nobody is told" in call(home, "contacts", "show", "AS64496").stdout
    assert call(home, "contacts", "enable", "abuse@example.org", "--reason", "ok").exit_code == DONE
    fetched = tmp_path / "example.org.txt"
    fetched.write_text("Contact: mailto:sec@example.org\nExpires: 2027-01-01T00:00:00Z\n")
    args = ("--form", "security-txt", "--apply", "--now", "2026-11-23")
    assert call(home, "contacts", "import", str(fetched), *args).exit_code == DONE
    assert "security.txt" in call(home, "contacts", "show", "www.example.org").stdout
    for wrong in (
        ("contacts", "import", str(path), "--form", "csv", "--fetch"),
        ("contacts", "import", str(path), "--form", "x"),
        ("contacts", "policy", "--type", "no-type"),
        ("contacts", "show", "?"),
        ("subscribers", "import", str(path), "--form", "x"),
        ("subscribers", "export", str(path), "--form", "x"),
    ):
        assert call(home, *wrong).exit_code == USAGE, wrong


def test_data_of_arin_are_brought_in_and_a_customer_is_told_by_its_provider(
    desk: Desk, tmp_path: Path, home: Path
) -> None:
    path = tmp_path / "arin_db.txt"
    path.write_text(
        "POCHandle: A1-ARIN\nMailbox: abuse@example.org\nSource: ARIN\n\n"
        "OrgID: EXAMPLE\nCountry: XX\nOrgAbuseHandle: A1-ARIN\nSource: ARIN\n\n"
        "OrgID: C1\nCountry: XX\nSource: ARIN\n\n"
        "NetHandle: NET-1\nOrgID: EXAMPLE\nNetType: allocation\n"
        "NetRange: 192.0.2.0 - 192.0.2.255\nSource: ARIN\n\n"
        "NetHandle: NET-2\nOrgID: C1\nParent: NET-1\nNetType: reassignment\n"
        "NetRange: 192.0.2.8 - 192.0.2.15\nSource: ARIN\n"
    )
    arguments = (str(path), "--form", "arin", "--source", "arin")
    shown = call(home, "contacts", "import", *arguments)
    assert shown.exit_code == DONE
    assert "3 passed over: a person or organisation" in shown.stdout
    assert not AbuseContact.objects.exists()
    said = json.loads(call(home, "contacts", "import", *arguments, "--apply", "--json").stdout)
    assert (said["added"], said["passed over"], said["lines"]) == (1, 4, 5)
    told = call(home, "contacts", "show", "192.0.2.9").stdout
    assert "abuse@example.org" in told
    assert "bulk file of a registry" in told
    path.write_text(path.read_text()[:-8])
    cut = call(home, "contacts", "import", *arguments, "--apply")
    assert "ends within a record" in cut.stderr
    assert AbuseContact.objects.count() == 1


def test_domains_are_asked_for_their_security_txt(desk: Desk, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "domains"
    path.write_text("example.org\n\nexample.net\nexample.com\n")
    text = "Contact: mailto:sec@example.org\nExpires: 2027-01-01T00:00:00Z\n"
    sites = FakeSites({("example.org", "/security.txt"): text}, dead={"example.com"})
    arguments = ("--form", "security-txt", "--fetch", "--apply", "--now", "2026-11-23", "--json")
    with instead(Outside(desk.registry, desk.resolver, sites=lambda: sites)):
        said = call(home, "contacts", "import", str(path), *arguments)
    assert json.loads(said.stdout)["added"] == 1
    assert "example.com" in said.stderr
    assert AbuseContact.objects.get().address == "sec@example.org"
    assert len(sites.asked) == 5


def test_subscribers_are_written_out_and_brought_in(desk: Desk, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "s.json"
    founded("owner", "AS64496")
    assert call(home, "subscribers", "export", str(path)).exit_code == DONE
    said = call(home, "subscribers", "import", str(path), "--form", "tocsin", "--json")
    assert json.loads(said.stdout)["added"] == 0
    tables = str(tmp_path / "tables")
    assert call(home, "subscribers", "export", tables, "--form", "csv").exit_code == DONE
    said = call(home, "subscribers", "import", tables, "--form", "csv", "--json")
    assert (json.loads(said.stdout)["added"], said.exit_code) == (0, DONE)
    (tmp_path / "tables" / "lists.csv").unlink()
    said = call(home, "subscribers", "import", tables, "--form", "csv", "--apply")
    assert said.exit_code not in (DONE, 1)
    assert "lists.csv" in said.stderr
    said = call(home, "subscribers", "export", str(path), "--form", "mentat", "--json")
    assert sum(json.loads(said.stdout)["left_out"].values()) == 1
    path.write_text('[{"org_id": "example.org", "asns": [64497], "notification_emails": ["x"]}]')
    assert call(home, "subscribers", "import", str(path), "--form", "n6").exit_code == 1
    assert Organisation.objects.count() == 1
    call(home, "subscribers", "import", str(path), "--form", "n6", "--apply")
    assert Organisation.objects.filter(slug="example-org").exists()
    path.write_text("name,country,domains\nCERT XX,XX,example.org\n")
    assert "1 team" in call(home, "subscribers", "directory", str(path)).stdout
