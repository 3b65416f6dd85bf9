"""Commands of `tocsin` that work on the database of a test."""

from __future__ import annotations

import json
from typing import Any

from tests.service.objecting_world import World
from typer.testing import CliRunner

from tocsin.cli.main import application
from tocsin.service import clock


def called(world: World, *words: str, code: int = 0, replays: bool = False) -> dict[str, Any]:
    """Call one with `--json`; what it prints. It has to end with that code.

    replays: whether a recall makes its days anew, which takes its time.
    """
    more = ["--home", str(world.small.home.root), "--json"]
    if words[0] not in ("explain",):
        more += ["--now", clock.now().isoformat()]
    if words[0] == "recall" and not replays:
        more.append("--no-replay")
    done = CliRunner().invoke(application(words[0]), [*words, *more])
    assert done.exit_code == code, (done.output, done.exception)
    said = json.loads(done.stdout)
    assert isinstance(said, dict)
    return said
