"""`python -m bench`: make the world if need be, measure, print one table."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import time
from pathlib import Path

from bench.run import NEEDS_NO_WORLD, ORDER, Bench, run, save, save_rates
from bench.table import show
from bench.world.make import World, make_world
from bench.world.scale import Scale

FULL = 20_000_000
ROOT = Path(__file__).parents[1]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--events", type=lambda text: int(float(text)), default=FULL)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--figures", default=",".join(ORDER), help="some of " + ", ".join(ORDER))
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _world(asked: argparse.Namespace, wanted: list[str]) -> World:
    shared = asked.shared if (asked.shared / "routing").is_dir() else None
    sizes = {asked.events}
    if "marginal" in wanted:
        sizes |= {asked.events // 10, asked.events // 100}
    return make_world(asked.folder, shared, [Scale(size) for size in sorted(sizes)], _say)


def main() -> int:
    """Exit code 1 if a full run misses what it must meet."""
    asked = _arguments()
    wanted = asked.figures.split(",")
    if unknown := set(wanted) - set(ORDER):
        raise SystemExit(f"no such figure: {', '.join(sorted(unknown))}; there are {ORDER}")
    world = World(asked.folder) if NEEDS_NO_WORLD.issuperset(wanted) else _world(asked, wanted)
    work = asked.folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    bench = Bench(world, Scale(asked.events), asked.repeats, _say, work)
    try:
        run(bench, wanted)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    about: dict[str, object] = {
        "date": time.strftime("%Y-%m-%d"),
        "events": asked.events,
        "repeats": asked.repeats,
        "cores": os.cpu_count() or 1,
        "processor": platform.processor() or platform.machine(),
    }
    save(bench, asked.folder / "result.json", about)
    machine = f"{about['cores']} cores ({about['processor']})"
    save_rates(bench, asked.folder / "rates.json", machine, str(about["date"]))
    show(bench.figures, f"{asked.events:,} events, median of {asked.repeats}, {about['date']}")
    missed = not all(figure.met for figure in bench.figures)
    return int(missed and asked.events >= FULL)


if __name__ == "__main__":
    sys.exit(main())
