"""What `tocsin look --json` prints; the keys are documented and only ever added to."""

from __future__ import annotations

from tocsin.engine.look.at_hand import AtHand
from tocsin.engine.look.look import FileLook, Look
from tocsin.engine.look.tally import Example, Tally
from tocsin.model.severity import Severity


def value(seen: Look, top: int, there: AtHand) -> dict[str, object]:
    """All figures; lists of at most `top` entries."""
    tally = seen.tally
    atlas = there.atlas
    return {
        "files": [_file(each) for each in seen.files],
        "rows": tally.rows,
        "kept": tally.kept,
        "dropped": dict(sorted(tally.dropped.items())),
        "rejected": dict(sorted(tally.rejected.items())),
        "examples": [
            _example(each) for reason in sorted(tally.examples) for each in tally.examples[reason]
        ],
        "notes": dict(sorted(tally.notes.items())),
        "unknown_columns": sorted(tally.unknown_columns),
        "set_aside": dict(tally.set_aside.top(top)),
        "first": tally.first.isoformat() if tally.first else None,
        "last": tally.last.isoformat() if tally.last else None,
        "too_old": tally.too_old,
        "early": tally.early,
        "far_ahead": tally.far_ahead,
        "provisional_types": list(seen.provisional),
        "areas": dict(sorted(tally.by_area.items())),
        "records": dict(sorted(tally.by_type.items())),
        "observations": dict(tally.observations.top(top)),
        "severities": {Severity(n).word: tally.by_severity[n] for n in sorted(tally.by_severity)},
        "networks": [
            {"asn": asn, "as_name": atlas.as_name(asn) if atlas else None, "records": count}
            for asn, count in tally.asns.top(top)
        ],
        "countries": _counted(tally.countries.top(top)),
        "infections": _counted(tally.infections.top(top)),
        "domains": _counted(tally.domains.top(top)),
        "addresses": _addresses(tally, top),
        "distinct_addresses": len(tally.addresses),
        "exact": _exact(tally),
        "atlas": atlas.info.name if atlas else None,
        "home": str(there.home) if there.home else None,
    }


def _file(each: FileLook) -> dict[str, object]:
    stranger = each.stranger
    return {
        "file": each.place,
        "source": each.source or None,
        "bytes": each.size,
        "report_type": each.type.id or None,
        "type_told_by": each.type.told.value,
        "types_alike": list(each.type.alike),
        "rows": each.rows,
        "kept": each.kept,
        "dropped": each.dropped,
        "rejected": each.rejected,
        "problem": each.problem.message() if each.problem else None,
        "looks_like": stranger.looks_like if stranger else None,
        "begins": stranger.begins if stranger else None,
        "keys": list(stranger.keys if stranger else each.keys),
        "columns": list(each.columns),
        "todo": stranger.todo if stranger else None,
    }


def _example(each: Example) -> dict[str, object]:
    return {
        "file": each.file,
        "line": each.line,
        "reason": each.reason,
        "detail": each.detail,
        "row": each.raw.decode("utf-8", "backslashreplace"),
    }


def _counted(counts: list[tuple[str, int]]) -> list[dict[str, object]]:
    return [{"name": name, "records": count} for name, count in counts]


def _addresses(tally: Tally, top: int) -> list[dict[str, object]]:
    return [
        {
            "address": each.address,
            "events": each.events,
            "first": each.first.isoformat(),
            "last": each.last.isoformat(),
            "asn": each.asn,
            "country": each.country,
        }
        for each in tally.addresses.top(top)
    ]


def _exact(tally: Tally) -> bool:
    counted = (tally.addresses, tally.infections, tally.domains, tally.countries, tally.asns)
    return all(each.exact for each in counted)
