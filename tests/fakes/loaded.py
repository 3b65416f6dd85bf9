"""Loads what the commands of a night need, for processes that are forked from one that has it.

No thread is started here: a fork takes none along.
"""

from __future__ import annotations

from tocsin.catalogue.load import load_catalogue
from tocsin.cli import collect, nightly
from tocsin.engine.intake import tasks
from tocsin.engine.nightly import run, units

LOADED = (collect, nightly, run, tasks, units, load_catalogue())
