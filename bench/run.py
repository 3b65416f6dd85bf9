"""All measurements of a run, and what they come to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.service.on_postgresql import installed_programs, running_server

from bench.figures import (
    collect,
    correlations,
    delivery,
    links,
    lookup,
    matcher,
    night,
    query,
    service,
)
from bench.kernels import kernel_figures
from bench.measure import Measured, measure
from bench.table import Figure
from bench.world import many_rules
from bench.world.make import World
from bench.world.organisations import BY_ASN, BY_BOTH, BY_COUNTRY, BY_PREFIX
from bench.world.scale import Scale
from tocsin.engine.capacity import FORMAT
from tocsin.engine.files import canonical_json

_FULL = 1_000_000
"""Below so many events a run is a trial."""

LISTS = BY_ASN + BY_PREFIX + 2 * BY_BOTH + BY_COUNTRY
GIB = float(1 << 30)

_SAME_AS_PYASN = 0.99
"""Where several AS announce a prefix each may take another one."""

Say = Callable[[str], None]


@dataclass
class Bench:
    """A run: the figures so far, and the measurements that others build on."""

    world: World
    scale: Scale
    repeats: int
    say: Say
    work: Path
    figures: list[Figure] = field(default_factory=list)
    measured: dict[str, list[Measured]] = field(default_factory=dict)

    # --- measuring ----------------------------------------------------------------------

    def _take(
        self, name: str, function: Callable[..., dict[str, object]], *args: str | int
    ) -> None:
        found = measure(function, str(self.world.folder), *args)
        self.measured.setdefault(name, []).append(found)
        self.say(f"{name}: {found.seconds:.2f} s, {found.peak / GIB:.2f} GiB {_rest(found)}")

    def seconds(self, name: str) -> float:
        """The median of what was measured under that name."""
        return median(each.seconds for each in self.measured[name])

    def _ratio(self, ours: str, floor: str) -> float:
        pairs = zip(self.measured[ours], self.measured[floor], strict=True)
        return median(mine.seconds / its.seconds for mine, its in pairs)

    @property
    def _place(self) -> str:
        return str(self.work / "home")

    # --- figures ------------------------------------------------------------------------

    def collect(self) -> None:
        """Intake beside its floor."""
        for _ in range(self.repeats):
            self._take("collect", collect.ours, self.scale.events, self._place)
            self._take("collect floor", collect.floor, self.scale.events, self._place)
        self._add(
            "collect / DuckDB, NDJSON.gz to one Parquet",
            self._ratio("collect", "collect floor"),
            (2.5, 1.5),
            ("collect", "collect floor"),
        )
        self._add_memory("collect")

    def rules(self) -> None:
        """Intake by many rules of one source beside intake by few, which make the same records."""
        names = {count: f"collect by {count} rules" for count in (many_rules.MANY, many_rules.FEW)}
        for _ in range(self.repeats):
            for count, name in names.items():
                self._take(name, collect.ours, self.scale.events, self._place, count)
        many, few = names.values()
        if self.measured[many][0].value["accepted"] != self.measured[few][0].value["accepted"]:
            raise SystemExit("the many rules take other events than the few")
        title = f"collect by {many_rules.MANY} rules / by {many_rules.FEW}"
        self._add(title, self._ratio(many, few), (1.5, 1.2), (many, few))

    def night(self) -> None:
        """A night beside its floor, and what comes after the packs beside the night."""
        for number in range(self.repeats):
            self._take("night", night.ours, self.scale.events, self._place, int(not number))
            self._take("night floor", night.floor, self.scale.events, self._place)
        rows = self.measured["night"][0].number("report_rows")
        if rows != self.measured["night floor"][0].number("report_rows"):
            raise SystemExit("the floor wrote other rows than the night")
        packs = [_steps(each, "gather", "match", "publish") for each in self.measured["night"]]
        after = [_steps(each, "correlate", "finish") for each in self.measured["night"]]
        floors = [each.seconds for each in self.measured["night floor"]]
        self.figures.append(
            Figure(
                "gather + match + publish / DuckDB, lake to CSV",
                median(mine / its for mine, its in zip(packs, floors, strict=True)),
                2.0,
                1.2,
                f"{median(packs):.1f} s",
                f"{median(floors):.1f} s",
            )
        )
        self.figures.append(
            Figure(
                "correlate + statistics + findings / line above",
                median(mine / its for mine, its in zip(after, packs, strict=True)),
                0.5,
                0.3,
                f"{median(after):.1f} s",
                f"{median(packs):.1f} s",
            )
        )
        self._add_memory("night")

    def correlations(self) -> None:
        """All shipped correlations beside one GROUP BY over the same observations."""
        place = str(self.work / "observations")
        self._take("observations", correlations.make, self.scale.events // 2, place)
        for _ in range(self.repeats):
            self._take("correlations", correlations.ours, place)
            self._take("correlations floor", correlations.floor, place)
        self._add(
            f"all correlations over {self.scale.events // 2:.0e} observations / one GROUP BY",
            self._ratio("correlations", "correlations floor"),
            (2.0, 1.5),
            ("correlations", "correlations floor"),
        )

    def lookup(self) -> None:
        """Addresses looked up beside pyasn."""
        for _ in range(self.repeats):
            self._take("lookup", lookup.ours)
            self._take("lookup floor", lookup.floor)
        mine, its = (self.measured[name][0].value["asns"] for name in ("lookup", "lookup floor"))
        assert isinstance(mine, list)
        assert isinstance(its, list)
        same = sum(a == b for a, b in zip(mine, its, strict=True)) / len(mine)
        self.say(f"lookup: {same:.2%} of the AS numbers are those of pyasn")
        if same < _SAME_AS_PYASN:
            raise SystemExit("the look-up does not find what pyasn finds")
        rates = [lookup.ADDRESSES / self.seconds(name) / 1e6 for name in ("lookup", "lookup floor")]
        self.figures.append(
            Figure(
                "text address to AS and country / pyasn (AS)",
                1 / self._ratio("lookup", "lookup floor"),
                5,
                15,
                f"{rates[0]:.1f} M/s",
                f"{rates[1]:.2f} M/s",
                at_least=True,
                unit="x",
            )
        )

    def matcher(self) -> None:
        """The matcher from its file."""
        for _ in range(self.repeats):
            self._take("matcher", matcher.ours, self._place)
        networks = self.measured["matcher"][0].number("networks")
        seconds = self.seconds("matcher")
        title = f"matcher from the snapshot, {networks:,.0f} networks"
        self.figures.append(Figure(title, seconds, 3, 1, f"{seconds:.2f} s", unit=" s"))

    def marginal(self) -> None:
        """What an event more costs on a large day, beside a small one."""
        times: dict[int, float] = {}
        for events in (self.scale.events // 100, self.scale.events // 10, self.scale.events):
            for name, function in (("collect", collect.ours), ("night", night.ours)):
                known = name if events == self.scale.events else f"{name} of {events:,}"
                more = () if name == "collect" else (0,)
                for _ in range(0 if known in self.measured else self.repeats):
                    self._take(known, function, events, self._place, *more)
                times[events] = times.get(events, 0) + self.seconds(known)
        (n1, t1), (n2, t2), (n3, t3) = times.items()
        small, large = (t2 - t1) / (n2 - n1), (t3 - t2) / (n3 - n2)
        self.figures.append(
            Figure(
                f"marginal time per event, {n2:.0e} to {n3:.0e} / {n1:.0e} to {n2:.0e}",
                large / small,
                1.1,
                1.0,
                f"{large * 1e6:.2f} µs",
                f"{small * 1e6:.2f} µs",
            )
        )

    def kernels(self) -> None:
        """Compiled loops beside the plain code that tests hold them equal to."""
        self.figures += kernel_figures(self.repeats)

    def service(self) -> None:
        """The service's pages, its snapshot and its look-ups, on both databases."""
        self._service("SQLite", "")
        programs = installed_programs()
        if programs is None:
            self.say("PostgreSQL is not installed: the service is measured on SQLite alone")
            return
        with running_server(programs) as socket:
            self._service("PostgreSQL", str(socket))

    def delivery(self) -> None:
        """A night's messages in all forms, beside ready-made ones that smtplib hands over."""
        whole = self.scale.events >= _FULL
        place, floor = str(self.work / "outbox"), "delivery, floor"
        self._take("delivery, outbox", delivery.fill, place, 40_000 if whole else 2_000)
        self._take(floor, delivery.floor, 8_000 if whole else 400)
        for form, asked in delivery.FORMS.items():
            name = f"delivery, {form}"
            self._take(name, delivery.ours, place, form, delivery.SECONDS)
            mine, its = (self.measured[each][0] for each in (name, floor))
            rate, must = mine.number("rate"), asked.must if whole else 1.0
            each = f"{rate:.0f}/s, CPU {mine.number('milliseconds_each'):.1f} ms each"
            shown = (each, f"{its.number('rate'):.0f}/s")
            title = f"mails a second, {form}"
            figure = Figure(title, rate, must, 2 * must, *shown, at_least=True, unit="/s")
            self.figures.append(figure)

    def _service(self, database: str, socket: str) -> None:
        name = f"service on {database}"
        self._take(name, service.ours, str(self.work / "service"), socket)
        found, processor = (self.measured[name][0].value[each] for each in ("p95", "processor"))
        assert isinstance(found, dict)
        assert isinstance(processor, dict)
        for what, seconds in found.items():
            must = service.MUST.get(what, 1.0)
            title = f"{what}, {database}, 95 of 100 within"
            shown, own = f"{seconds:.3f} s", f"CPU {processor[what]:.3f} s"
            self.figures.append(Figure(title, seconds, must, must / 2, shown, own, unit=" s"))

    def links(self) -> None:
        """Links and the API under load, on both databases."""
        if not links.is_installed():
            self.say("wrk is not installed: links are not measured")
            return
        self._links("SQLite", "")
        programs = installed_programs()
        if programs is not None:
            with running_server(programs) as socket:
                self._links("PostgreSQL", str(socket))

    def _links(self, database: str, socket: str) -> None:
        name = f"links on {database}"
        self._take(name, links.ours, str(self.work / "links"), socket)
        (found,) = self.measured[name]
        for asked, what in _LOADS.items():
            rate = found.number(f"{asked}_rate")
            shown = f"{rate:.0f}/s, 95 of 100 within {found.number(f'{asked}_p95'):.3f} s"
            own = f"CPU {found.number(f'{asked}_processor'):.1f} ms each"
            title = f"{what} a second, {database}"
            must = links.MUST
            self.figures.append(Figure(title, rate, must, 2 * must, shown, own, at_least=True))
            errors = found.number(f"{asked}_errors")
            self.figures.append(
                Figure(f"errors among the {what}, {database}", errors, 0, 0, f"{errors:.0f}")
            )

    def query(self) -> None:
        """Questions to the published rows of 30 days, a day of half as many rows as events."""
        rows = self.scale.events // 2
        self._take("query", query.ours, str(self.work / "query"), rows, query.ROUNDS)
        found, processor = (self.measured["query"][0].value[each] for each in ("p95", "processor"))
        assert isinstance(found, dict)
        assert isinstance(processor, dict)
        for what, seconds in found.items():
            title = f"{what}, {query.DAYS} days of {rows:.0e} rows, 95 of 100 within"
            shown, own = f"{seconds:.2f} s", f"CPU {processor[what]:.2f} s"
            must = query.GIVEN_UP if what == query.RARE else query.MUST
            self.figures.append(Figure(title, seconds, must, must / 2, shown, own, unit=" s"))

    # --- lines --------------------------------------------------------------------------

    def _add(
        self, title: str, value: float, bounds: tuple[float, float], names: tuple[str, str]
    ) -> None:
        ours, floor = (f"{self.seconds(name):.1f} s" for name in names)
        self.figures.append(Figure(title, value, *bounds, ours, floor))

    def _add_memory(self, name: str) -> None:
        peak = max(each.peak for each in self.measured[name]) / GIB
        title = f"peak memory of the {name}, all processes"
        self.figures.append(Figure(title, peak, 6, 4, f"{peak:.2f} GiB", unit=" GiB"))


ORDER = (
    "lookup",
    "matcher",
    "kernels",
    "correlations",
    "collect",
    "rules",
    "night",
    "marginal",
    "service",
    "links",
    "delivery",
    "query",
)

_LOADS = {
    "links": "downloads by link",
    "polls": "lists of 111 reports",
    "downloads": "downloads by the API",
}
"""What each of `links.ASKED` is."""

NEEDS_NO_WORLD = frozenset({"service", "links", "delivery", "query"})
"""Figures that have all they need by themselves."""


def run(bench: Bench, wanted: Sequence[str]) -> None:
    """Take the wanted figures, in an order in which later ones use earlier measurements."""
    for name in ORDER:
        if name in wanted:
            getattr(bench, name)()


def save(bench: Bench, path: Path, about: dict[str, object]) -> None:
    """All figures and all that was measured, as JSON."""
    said = {
        **about,
        "figures": [
            {"title": each.title, "value": each.value, "must": each.must, "met": each.met}
            for each in bench.figures
        ],
        "measured": {
            name: [
                {"seconds": each.seconds, "peak": each.peak, **each.value} for each in measurements
            ]
            for name, measurements in bench.measured.items()
        },
    }
    path.write_text(json.dumps(said, indent=1), encoding="utf-8")


def save_rates(bench: Bench, path: Path, machine: str, date: str) -> None:
    """What `tocsin plan --rates` reads, if both an intake and a night were measured."""
    if not {"collect", "night"} <= bench.measured.keys():
        return
    intake, night_ = bench.measured["collect"], bench.measured["night"]
    said = {
        "format": FORMAT,
        "measured": date,
        "machine": machine,
        "workers": collect.WORKERS,
        "intake_events": bench.scale.events,
        "intake_seconds": bench.seconds("collect"),
        "intake_peak": max(each.peak for each in intake),
        "record_bytes": int(intake[0].number("record_bytes")),
        "night_events": bench.scale.events,
        "night_seconds": bench.seconds("night"),
        "night_peak": max(each.peak for each in night_),
        "lists": LISTS,
        "reports": int(night_[0].number("reports")),
        "published_bytes": int(night_[0].number("published_bytes")),
        "pack_bytes": int(night_[0].number("pack_bytes")),
    }
    path.write_bytes(canonical_json(said))


def _steps(measured: Measured, *names: str) -> float:
    steps = measured.value["steps"]
    assert isinstance(steps, dict)
    return sum(float(steps[name]) for name in names)


def _rest(measured: Measured) -> str:
    shown = {name: each for name, each in measured.value.items() if name not in ("seconds", "asns")}
    return ", ".join(f"{name} {_short(each)}" for name, each in shown.items())


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {each:.2f}" for name, each in value.items()) + ")"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
