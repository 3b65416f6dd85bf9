"""Correlation of observations: an empty step until there are rules that ask for it.

It stands in the run already, with its state and its marker, so that a rule that comes later
changes what the step writes and not how a night is resumed.
"""

from __future__ import annotations

from pathlib import Path

from tocsin.engine.files import canonical_json, write_atomically
from tocsin.engine.nightly.package import Package


def correlate(package: Package) -> list[Path]:
    """Write what the correlations found: for a catalogue without correlation rules, nothing."""
    path = package.path / "correlated" / "account.json"
    write_atomically(path, canonical_json({"rules": 0, "records": 0}))
    return [path]
