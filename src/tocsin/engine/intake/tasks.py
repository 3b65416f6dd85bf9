"""The pure batch steps: from files to files, by deterministic names.

Each takes one specification that can be pickled, and may run in any process, twice, or be killed
on the way: what it writes has a name that follows from its content, and counts only once the
caller has committed it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import Source
from tocsin.engine.files import canonical_json, sha256_of, write_atomically
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import cached_catalogue
from tocsin.engine.intake.allow_list import Allowed
from tocsin.engine.intake.batches import Batch
from tocsin.engine.intake.digest import Digest, Sorted, digest
from tocsin.engine.intake.known_networks import read_known_networks
from tocsin.engine.intake.ledger import BatchRecord, Output
from tocsin.engine.intake.locate import Atlases
from tocsin.engine.intake.typed_group import Circumstances
from tocsin.engine.lake.coded import together
from tocsin.engine.lake.layout import observations_name, records_name
from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.lake.store import Store
from tocsin.engine.sources.raw import Reject
from tocsin.model.errors import InputError, TerminalError

REJECTS = pa.schema(
    [
        ("file", pa.string()),
        ("name", pa.string()),
        ("line", pa.int64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("raw", pa.binary()),
    ]
)


@dataclass(frozen=True, slots=True)
class CollectTask:
    """A batch, and what its rows are judged by."""

    home: Path
    store: Store
    catalogue: Path
    batch: Batch
    source: Source
    allowed: tuple[Allowed, ...]
    known: Path
    pruned_before: dt.date | None
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A batch that could not be read, since a file is gone or no longer what it was."""

    why: str


def collect_batch(task: CollectTask) -> Path | Unreadable:
    """Read, judge and store one batch; the path of its record, which the caller commits.

    A path and not the record: what a worker hands back should be small.
    """
    try:
        return _collect(task)
    except InputError as error:
        return Unreadable(error.message())
    except FileNotFoundError as error:
        return Unreadable(f"{error.filename}: the file is gone")


def _collect(task: CollectTask) -> Path:
    home, batch = Home(task.home), task.batch
    given = Circumstances(
        catalogue=cached_catalogue(task.catalogue),
        source=task.source,
        atlases=Atlases(home.atlases, batch.atlases),
        allowed=task.allowed,
        known=read_known_networks(task.known),
        received=batch.received,
        historical=batch.historical,
        pruned_before=task.pruned_before,
    )
    digests = [digest(piece, given, most_bytes=task.most_bytes) for piece in batch.pieces]
    for each in digests:
        if not each.account.adds_up:
            raise TerminalError(
                "the rows of a file do not add up; nothing of its batch was kept",
                where=each.account.name,
                todo="report this with the file, it is a fault of Tocsin's",
            )
    record = BatchRecord(
        batch=batch.id,
        source=batch.source,
        window=task.source.window.value,
        received=batch.received.isoformat(),
        catalogue=given.catalogue.version,
        atlases=batch.atlases,
        historical=batch.historical,
        pieces=[each.account for each in digests],
        outputs=_store(task, digests),
        rejects=_store_rejects(home, batch, digests),
    )
    draft = home.intake_work / f"{batch.id}.json"
    write_atomically(draft, canonical_json(asdict(record)))
    return draft


def _store(task: CollectTask, digests: Sequence[Digest]) -> list[Output]:
    gathered: dict[tuple[str, str, bool], list[pa.Table]] = defaultdict(list)
    for each in digests:
        for part in each.tables:
            gathered[part.report_type, part.kind, part.held].append(part.table)
    outputs: list[Output] = []
    for (report_type, kind, held), tables in sorted(gathered.items()):
        whole = Sorted(report_type, kind, held, together(tables))
        outputs += _store_days(task, whole)
    return outputs


def _store_days(task: CollectTask, part: Sorted) -> list[Output]:
    """One file per event day; rows keep the order in which they came."""
    batch = task.batch.id
    days = part.table.column("timestamp").cast(pa.date32())
    outputs = []
    found = sorted(pc.unique(days).to_pylist())
    for day in found:
        of_day = pc.equal(days, pa.scalar(day))
        table = part.table if len(found) == 1 else part.table.filter(of_day)
        if part.kind:
            name = observations_name(day, part.kind, batch)
        else:
            name = records_name(day, part.report_type, batch, held=part.held)
        scratch = Home(task.home).intake_work / batch / name.replace("/", "_")
        write_parquet(table, scratch)
        checksum = sha256_of(scratch)
        task.store.put_file(scratch, name)
        outputs.append(
            Output(
                name=name,
                sha256=checksum,
                rows=table.num_rows,
                day=day.isoformat(),
                report_type=part.report_type,
                kind=part.kind,
                held=part.held,
            )
        )
    return outputs


def _store_rejects(home: Home, batch: Batch, digests: Sequence[Digest]) -> str:
    """The rejected rows with reason and true line, kept for some days; "" if there are none."""
    rows = [(each.account, reject) for each in digests for reject in each.rejects]
    if not rows:
        return ""
    path = home.rejects / batch.received.date().isoformat() / f"{batch.id}.parquet"
    columns = [
        [account.file for account, _ in rows],
        [account.name for account, _ in rows],
        [reject.line for _, reject in rows],
        [reject.reason for _, reject in rows],
        [reject.detail for _, reject in rows],
        [_raw(reject) for _, reject in rows],
    ]
    write_parquet(pa.table(columns, schema=REJECTS), path)
    return str(path.relative_to(home.root))


def _raw(reject: Reject) -> bytes:
    return reject.raw[: 1 << 16]
