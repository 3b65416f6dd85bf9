"""A night over a day's records, beside DuckDB writing the same report rows to CSV."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.homes import home_with_records, size_of
from bench.measure import Clock, Config, Value
from bench.world.make import World
from bench.world.scale import DAY, NIGHT_AT, Scale
from tocsin.engine.home_catalogue import cached_catalogue
from tocsin.engine.lake.store import LocalStore
from tocsin.engine.nightly.run import Night, NightSettings

WORKERS = 2
_MEMORY = "1GiB"

_STEP_OF = {"gathering": "gather", "matching": "match", "publishing": "publish"}


class _Steps:
    """Tells from the night's progress how long each step took."""

    def __init__(self) -> None:
        self._clock = Clock()
        self.seconds: dict[str, float] = {}
        self._last = 0.0

    def heard(self, title: str, done: int, _total: int) -> None:
        """A step has begun (the time until then was another's), or a part of it is done."""
        now = self._clock.seconds
        step = _STEP_OF.get(title, "plan") if done else "correlate"
        if not done and title != "gathering":
            step = {"matching": "gather", "publishing": "match"}.get(title, "plan")
        self._add(step, now)

    def end(self) -> None:
        """What came after the last step that tells of itself: statistics, findings, manifest."""
        self._add("finish", self._clock.seconds)

    def _add(self, step: str, now: float) -> None:
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._last
        self._last = now


def ours(world: str, events: int, place: str, keep_fan_out: int) -> Value:
    """From the plan to the manifest."""
    home = home_with_records(World(Path(world)), Scale(events), Path(place))
    store = LocalStore(home.lake)
    records = size_of(home.lake)
    steps = _Steps()
    settings = NightSettings(workers=WORKERS, memory_limit=_MEMORY)
    night = Night(home, store, cached_catalogue(home.catalogue), settings, steps.heard)
    finished = night.run(DAY, home.lists, NIGHT_AT)
    steps.end()
    reports = finished.manifest["reports"]
    assert isinstance(reports, list)
    rows = sum(report["rows"] for report in reports)
    if keep_fan_out:
        _keep_fan_out(home.lake, Path(place).with_name("fan-out"))
    packs = finished.package.path / "packs"
    published = home.lake / "published"
    value: Value = {
        "seconds": sum(steps.seconds.values()),
        "steps": steps.seconds,
        "reports": len(reports),
        "report_rows": rows,
        "published_rows": sum(
            pq.read_metadata(path).num_rows for path in published.rglob("*.parquet")
        ),
        "record_bytes": records,
        "pack_bytes": size_of(packs),
        "published_bytes": size_of(published),
        "files": sum(1 for path in home.root.rglob("*") if path.is_file()),
    }
    shutil.rmtree(place)
    return value


def _keep_fan_out(lake: Path, folder: Path) -> None:
    """For each type the ids of the rows that are reported, and to how many lists."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in sorted((lake / "published").rglob("*.parquet")):
        said = json.loads(path.with_suffix(".audiences.json").read_text("ascii"))
        sizes = np.array([len(lists) for lists in said["audiences"]], np.int64)
        table = pq.read_table(path, columns=["_id", "_audience"], partitioning=None)
        many = sizes[table.column("_audience").to_numpy()]
        kept = pa.table({"_id": table.column("_id"), "many": many}).filter(pa.array(many > 0))
        pq.write_table(kept, folder / path.name)


def floor(world: str, events: int, place: str) -> Value:
    """Read the lake, and write each reported row as often as it is reported, type by type.

    Types have different columns, so that they are CSV files of their own; one connection writes
    them one after the other. It is told beforehand which rows go out, and how often.
    """
    home = World(Path(world)).day(Scale(events)) / "home"
    catalogue = cached_catalogue(home / "catalogue")
    fan_out, target = Path(place).with_name("fan-out"), Path(place).with_suffix(".csv")
    settings: Config = {"threads": WORKERS, "preserve_insertion_order": False}
    rows = size = 0
    clock = Clock()
    with duckdb.connect(config=settings) as connection:
        for path in sorted(fan_out.iterdir()):
            names = ", ".join(f'"{n}"' for n in catalogue.report_types[path.stem].column_names)
            files = f"{home}/lake/records/{DAY}/{path.stem}/*.parquet"
            written = connection.execute(
                f"COPY (SELECT {names} FROM (SELECT {names}, unnest(range(many)) FROM "
                f"read_parquet('{files}') JOIN read_parquet('{path}') USING (_id))) "
                f"TO '{target}' (FORMAT csv, HEADER)"
            ).fetchone()
            rows += written[0] if written else 0
            size += target.stat().st_size
    seconds = clock.seconds
    target.unlink()
    return {"seconds": seconds, "report_rows": rows, "bytes": size}
