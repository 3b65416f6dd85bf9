"""Which rule made a record, and what of its event the rule went by, as far as the row shows it.

The event itself is not kept. What its rule masked, removed or wrote over is therefore not told,
nor what the row's terms hide; of a giver who is not named the rule is told by its id alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from tocsin.catalogue.build_rules import SENSOR
from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.rules import Event, Rule, ruleset_version
from tocsin.engine.classify.cell_tests import Missing
from tocsin.engine.classify.compiled import compile_rules
from tocsin.engine.classify.wanted import Wanted, cells_of, reasons, takes
from tocsin.engine.explain.row import Row
from tocsin.engine.nightly.terms_applied import hidden_columns
from tocsin.engine.rule_check.possible import Alternative, alternatives
from tocsin.model.terms import Credit, Terms


@dataclass(frozen=True, slots=True)
class RuleReasons:
    """A rule's judgement of a row. `because`: what was so, in words; `unseen`: columns that the
    rule asked too, and that do not show any more what they said.

    changed: the rules of the source are not today what they were.
    """

    rule: Rule
    because: tuple[str, ...]
    unseen: tuple[str, ...]
    changed: bool


def reasons_of_rule(
    row: Row,
    cells: Mapping[str, str],
    report_type: ReportType,
    catalogue: Catalogue,
) -> RuleReasons | None:
    """The judgement of a published row; `cells`: as its report shows them.

    None where no rule of today's catalogue made it, or its terms do not let that be told.
    """
    terms = Terms.from_text(cast("str", row["_terms"]))
    identity, _, version = cast("str", row["_rule"]).partition("@")
    rule = next((each for each in catalogue.rules if each.id == identity), None)
    source = cast("str", row["_source"])
    if rule is None or terms.credit is not Credit.NAME or source not in catalogue.sources:
        return None
    (wanted,) = compile_rules([rule]).wanted
    event = _event(row, cells, catalogue.column_aliases)
    unknown = {
        *hidden_columns(terms, report_type, catalogue.column_aliases),
        *terms.masked,
        *rule.columns,
        *rule.removes,
    }
    because, unseen = _because(wanted, _before(event, rule), unknown, rule.masks)
    return RuleReasons(
        rule=rule,
        because=because,
        unseen=unseen,
        changed=ruleset_version(catalogue.rules_of(source)) != version,
    )


def _event(row: Row, cells: Mapping[str, str], aliases: Mapping[str, str]) -> Event:
    """What the row shows of the event, by today's names of columns."""
    extra = json.loads(cast("str | None", row["_extra"]) or "{}")
    older = {aliases.get(name, name): str(cell) for name, cell in extra.items()}
    shown = {name: cell for name, cell in cells.items() if cell}
    sensor = cast("str | None", row["_sensor"])
    return {**older, **shown, **({SENSOR: sensor} if sensor else {})}


def _before(event: Event, rule: Rule) -> Event:
    """The event before the rule said what it did not."""
    return {name: cell for name, cell in event.items() if rule.says.get(name) != cell}


def _because(
    wanted: Wanted, event: Event, unknown: Collection[str], masks: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What fits of the alternative that fits best, in words, and its columns that do not show."""
    best: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    for alternative in alternatives(wanted):
        seen = _seen(alternative, event, unknown, masks)
        unseen = tuple(name for name in alternative if name not in seen)
        if best is None or len(unseen) < len(best[1]):
            words = (each.words() for part in seen.values() for each in reasons(part, event))
            best = (tuple(dict.fromkeys(words)), unseen)
    return best or ((), ())


def _seen(
    alternative: Alternative, event: Event, unknown: Collection[str], masks: Collection[str]
) -> dict[str, Wanted]:
    """The parts of an alternative of which the row shows that they held."""
    return {
        name: part
        for name, part in alternative.items()
        if name not in unknown
        and (name not in masks or _asks_only_whether(part))
        and takes(part, event)
    }


def _asks_only_whether(part: Wanted) -> bool:
    """Whether only the presence of a cell counts, which masking leaves."""
    return all(isinstance(each.test, Missing) for each in cells_of(part))
