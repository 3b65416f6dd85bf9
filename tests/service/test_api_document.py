"""The page for subscribers: each example is called, and answers what the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from tests.fakes.small_home import SmallHome, event
from tests.service.api_client import Program, made_key, program
from tests.service.api_night import device
from tests.service.desk import Desk
from tests.service.objecting_world import World
from tests.service.subscribed import subscribed

from tocsin.configuration.service import ServicePlace
from tocsin.service import clock, installation
from tocsin.service.api.methods import METHODS
from tocsin.service.delivery.taking import notice_nights

PAGE = Path(__file__).parents[2] / "docs" / "subscribers" / "api.md"
OTHERS: frozenset[str] = frozenset()
"""Methods that are described on another page."""


def _examples() -> dict[str, tuple[Any, Any]]:
    """By method: what is asked, and what is answered."""
    found = {}
    for section in PAGE.read_text("utf-8").split("\n### ")[1:]:
        name = re.match(r"`([a-z/-]+)`", section)
        blocks = re.findall(r"```json\n(.*?)```", section, re.S)
        assert name is not None
        assert len(blocks) == 2, name[1]
        found[name[1]] = (json.loads(blocks[0]), json.loads(blocks[1]))
    return found


@pytest.fixture
def who(desk: Desk, tmp_path: Path) -> Iterator[Program]:
    small = SmallHome.make(tmp_path)
    named = installation.configuration().model_copy(
        update={"service": ServicePlace(address="https://reports.example.org")}
    )
    with override_settings(TOCSIN_HOME=small.home, TOCSIN_CONFIGURATION=named):
        world = World(desk, small, subscribed("example-isp"))
        small.home.service.mkdir(exist_ok=True)
        small.collect_events([event(1), device(4)])
        world.night()
        notice_nights(clock.now())
        desk.work()
        yield program(made_key(world.alpha.organisation))


def test_every_method_is_described_and_no_other() -> None:
    assert set(_examples()) == set(METHODS) - OTHERS


def test_every_example_answers_what_the_page_says(who: Program) -> None:
    (report,) = who.get("reports/list", type="event4_sinkhole")
    given = {"ID": report["id"], "KEY": who.key}
    for name, (asked, answer) in _examples().items():
        fields = {key: given.get(said, said) if isinstance(said, str) else said
                  for key, said in asked.items()}  # fmt: skip
        assert _within(_filled(answer, given), who.get(name, **fields)), name


def _filled(said: Any, given: dict[str, str]) -> Any:
    if isinstance(said, dict):
        return {key: _filled(each, given) for key, each in said.items()}
    if isinstance(said, list):
        return [_filled(each, given) for each in said]
    return given.get(said, said) if isinstance(said, str) else said


def _within(said: Any, got: Any) -> bool:
    """Whether all that is said is so; of an object not every field need be named."""
    if isinstance(said, dict):
        return isinstance(got, dict) and all(
            key in got and _within(each, got[key]) for key, each in said.items()
        )
    if isinstance(said, list):
        same = isinstance(got, list) and len(said) == len(got)
        return same and all(_within(a, b) for a, b in zip(said, got, strict=True))
    return bool(said == got)
