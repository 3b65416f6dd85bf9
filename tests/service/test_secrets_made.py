"""Secrets of the installation: made, kept to their owner, seen at once, never written over."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.service.linked import Linked, linked
from tests.service.objecting_world import World
from typer.testing import CliRunner

from tocsin.cli.main import application
from tocsin.model.errors import ConfigurationError
from tocsin.service import installation, keyring
from tocsin.service.audit.models import AuditLine
from tocsin.service.delivery.models import Delivery


@pytest.fixture
def given(world: World) -> Linked:
    return linked(world)


def _command(*words: str) -> dict[str, object]:
    arguments = ["service", *words, "--home", str(installation.home().root), "--json"]
    done = CliRunner().invoke(application("service"), arguments)
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_the_command_makes_one_and_what_was_given_out_stays_good(given: Linked) -> None:
    assert _command("rotate-secret")["number"] == 2
    assert _command("rotate-secret")["number"] == 3
    assert given.get().status_code == 200
    lines = AuditLine.objects.filter(verb="secret.made").order_by("pk")
    assert [each.subject_id for each in lines] == ["2", "3"]


def test_only_its_owner_may_read_it(world: World) -> None:
    keyring.rotate()
    folder = world.small.home.service / "secrets"
    assert [oct(each.stat().st_mode & 0o777) for each in (folder, folder / "2")] == [
        "0o700",
        "0o600",
    ]
    assert [each.name for each in folder.iterdir()] == ["2"]


def test_several_at_once_make_several(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = sorted(pool.map(lambda _: keyring.rotate(), range(24)))
    assert made == list(range(2, 26))
    assert len({each.key("download") for each in keyring.secrets().values()}) == 25
    assert keyring.newest() == 25


def test_what_another_left_there_is_no_secret(world: World) -> None:
    number = keyring.rotate()
    folder = world.small.home.service / "secrets"
    for name in (".new-x", "2.bak", "readme", "²"):
        (folder / name).write_text("x")
    assert keyring.newest() == number


def test_one_that_is_gone_is_said_to_be(world: World) -> None:
    number = keyring.rotate()
    (world.small.home.service / "secrets" / str(number)).unlink()
    with pytest.raises(ConfigurationError, match=f"secret number {number} is gone"):
        keyring.secret(number)


def test_the_command_shows_what_would_be_pruned_and_removes_it_if_told(given: Linked) -> None:
    Delivery.objects.update(state="sent")
    late = ("--now", "2028-01-01T00:00:00Z")
    assert _command("prune", *late)["message"] == 1
    assert Delivery.objects.count() == 1
    assert _command("prune", "--really", *late)["removed"] is True
    assert Delivery.objects.count() == 0
