"""The operator's first page: its commands, in order, in an empty directory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "operators" / "first-steps.md"


def commands() -> str:
    """All that the page tells one to type in, but for the demonstration and what never ends."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(blocks) >= 5
    return "set -e\n" + "".join(blocks)


def test_the_first_steps_lead_to_a_first_report(tmp_path: Path) -> None:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", commands()],
        cwd=tmp_path,
        env={**inherited, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    reports = sorted(path.name for path in (tmp_path / "my-reports").rglob("*.csv"))
    assert reports == [
        "2026-11-22-event4_honeypot_brute_force-cert-xb-geo.csv",
        "2026-11-22-event4_honeypot_brute_force-example-isp-asn.csv",
    ]
    isp = next((tmp_path / "my-reports").rglob("*-example-isp-asn.csv"))
    rows = isp.read_text("utf-8").splitlines()[1:]
    assert len(rows) == 1
    assert '"192.0.2.44"' in rows[0]
    assert "198.51.100.7" not in rows[0], "a honeypot's address is masked"
