"""The page of what is added by files alone: its commands, in order, in an empty directory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "developers" / "extending.md"


def test_a_source_a_rule_an_observation_a_family_and_a_correlation_are_files(
    tmp_path: Path,
) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(blocks) == 4
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "set -e\n" + "".join(blocks)],
        cwd=tmp_path,
        env={**inherited, "PATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "5 dropped no_rule" in said
    assert "Next: write a rule that takes them" in said
    assert "family example-bot" in said
    assert "lookups: lookups-1.ndjson, line 4" in said
    assert "Questions that only a bot has; evidence content" in said
    assert "a correlation made it, of 3 observations by lookups" in said
    assert "An address that our resolvers are made to flood; evidence one-way" in said
