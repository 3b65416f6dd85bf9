"""What `tocsin rules` shows to people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.rules import Rule, kind_of
from tocsin.cli.reasons import reason_in_words
from tocsin.cli.rules_value import before, examples_of, sources_of
from tocsin.cli.shown import most_first, number, one_line, plural
from tocsin.engine.classify.correlation_words import aggregate_in_words, correlation_in_words
from tocsin.engine.classify.wanted import Wanted, in_words
from tocsin.engine.rule_check.finding import Finding
from tocsin.engine.rule_check.trial import Made, NearMiss, OfOutcome, Trial

_SHORT_ID = 8
_LONGEST_CELL = 120


def list_shown(rules: Sequence[Rule], correlations: Sequence[Correlation] = ()) -> RenderableType:
    """The rules by source, then the correlations."""
    table = Table("Id", "Priority", "Rule", "Makes", box=None, pad_edge=False)
    source = None
    for rule in rules:
        if rule.service != source:
            if source is not None:
                table.add_row()
            source = rule.service
            table.add_row("", "", Text(source, style="bold"), "")
        made = ", ".join(_made(outcome) for outcome in rule.outcomes)
        table.add_row(rule.id[:_SHORT_ID], str(rule.priority), Text(rule.title), Text(made))
    if correlations:
        if rules:
            table.add_row()
        table.add_row("", "", Text("correlations", style="bold"), "")
    for each in correlations:
        made = ", ".join(each.report_types)
        table.add_row(each.id[:_SHORT_ID], "", Text(each.title), Text(made))
    return table


def _made(outcome: str) -> str:
    return f"observation {kind_of(outcome)}" if kind_of(outcome) else outcome


def rule_shown(rule: Rule, wanted: Wanted, catalogue: Catalogue) -> RenderableType:
    """All that is to be said of one rule."""
    return _facts((word, text) for word, text in _of_rule(rule, wanted, catalogue) if text)


def _of_rule(rule: Rule, wanted: Wanted, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    yield "Rule", f"{rule.title} ({rule.id})"
    yield "File", rule.document.where
    yield "Events of", ", ".join(sources_of(rule, catalogue))
    yield "Takes where", in_words(wanted)
    yield "Makes", ", ".join(_made(outcome) for outcome in rule.outcomes)
    yield "Evidence", rule.evidence.value
    yield "Says", ", ".join(f"{name} {cell}" for name, cell in rule.says.items())
    yield "Columns", ", ".join(f"{name} from {origin}" for name, origin in rule.columns.items())
    yield "Masks", ", ".join(rule.masks)
    yield "Removes", ", ".join(rule.removes)
    yield "A day", f"at most {number(rule.daily_cap)} a sensor" if rule.daily_cap else ""
    asked = ", ".join(f"{each.title} ({each.id[:_SHORT_ID]})" for each in before(rule, catalogue))
    yield "Priority", f"{rule.priority}, after {asked}" if asked else f"{rule.priority}"
    hits, misses = plural(len(rule.hits), "hit"), plural(len(rule.misses), "miss", "misses")
    yield "Examples", f"{hits}, {misses}"


def correlation_shown(correlation: Correlation, catalogue: Catalogue) -> RenderableType:
    """All that is to be said of one correlation."""
    rows = _of_correlation(correlation, catalogue)
    return _facts((word, text) for word, text in rows if text)


def _of_correlation(correlation: Correlation, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    titles = {rule.id: rule.title for rule in catalogue.rules}
    worked_out = correlation.aggregates.items()
    yield "Correlation", f"{correlation.title} ({correlation.id})"
    yield "File", correlation.document.where
    for place, rule in enumerate(correlation.rules):
        yield "" if place else "Reads", f"{titles[rule]} ({rule[:_SHORT_ID]})"
    yield "Observations", ", ".join(correlation.kinds)
    yield "Holds for", correlation_in_words(correlation)
    yield "Makes", ", ".join(correlation.report_types)
    yield "Evidence", correlation.evidence.value
    yield "Says", ", ".join(f"{name} {cell}" for name, cell in correlation.says.items())
    columns = correlation.columns.items()
    yield "Columns", ", ".join(f"{name} from {origin}" for name, origin in columns)
    yield "Works out", ", ".join(f"{name}: {aggregate_in_words(each)}" for name, each in worked_out)
    hits, misses = len(correlation.hits), len(correlation.misses)
    yield "Examples", f"{plural(hits, 'hit')}, {plural(misses, 'miss', 'misses')}"


def check_shown(catalogue: Catalogue, found: Sequence[Finding]) -> RenderableType | str:
    """What was found; or that nothing was."""
    rules = plural(len(catalogue.rules), "rule")
    checked = f"{rules} and {plural(len(catalogue.correlations), 'correlation')} checked"
    if found:
        lines = [str(finding.problem) for finding in found]
        return "\n".join([f"{checked}, {plural(len(found), 'thing')} to mend:", *lines])
    examples = plural(examples_of(catalogue), "example")
    return (
        f"{checked}: {examples} judged as they say, and each rule can take something that no "
        "other takes first."
    )


def trial_shown(rule: Rule, seen: Trial, catalogue: Catalogue) -> RenderableType:
    """What a rule made of a log."""
    head = Text(f"{rule.title} ({rule.id}), on a log of {seen.source}", style="bold")
    parts: list[RenderableType] = [head, Text(""), _facts(_counts(seen))]
    for name, outcome in seen.outcomes.items():
        parts += [Text(""), *_outcome(name, outcome, catalogue)]
    if seen.near:
        parts += [Text(""), *_nearly(seen)]
    return Group(*parts)


def _counts(seen: Trial) -> Iterator[tuple[str, str]]:
    yield "Events", number(seen.events)
    yield "Taken", number(seen.taken)
    yield "Left", number(seen.left)
    if seen.not_asked:
        yield "Not asked", f"{number(seen.not_asked)}, which say themselves what they are"
    for reason, count in most_first(seen.unreadable):
        yield "Unreadable", f"{number(count)}: {reason_in_words(reason)}"
    for reason, count in most_first(seen.dropped):
        yield "Read past", f"{number(count)}: {reason_in_words(reason)}"


def _outcome(name: str, seen: OfOutcome, catalogue: Catalogue) -> Iterator[RenderableType]:
    kind = kind_of(name)
    made = plural(seen.made, "observation" if kind else "record")
    yield Text(f"{made} of {kind or name}", style="bold")
    for reason, count in most_first(seen.turned_away):
        yield Text(f"{number(count)} would be rejected: {reason_in_words(reason)}")
    titles = {rule.id: rule.title for rule in catalogue.rules}
    for other, count in most_first(seen.elsewhere):
        yield Text(f"{number(count)} go to a rule that is asked earlier: {titles[other]} ({other})")
    for each in seen.first:
        yield _first(each)


def _first(each: Made) -> RenderableType:
    cells = (f"{name} {one_line(cell, _LONGEST_CELL)}" for name, cell in each.cells.items())
    return Text(f"  line {number(each.line)}: {', '.join(cells)}")


def _nearly(seen: Trial) -> Iterator[RenderableType]:
    yield Text("Nearly taken, but for one column", style="bold")
    for column, count in most_first(seen.near):
        yield Text(f"{plural(count, 'event')} for {column}")
    for each in seen.near_rows:
        yield Text(f"  line {number(each.line)}: {_lacks(each)}")


def _lacks(each: NearMiss) -> str:
    lacks = each.lacks
    cell = "nothing" if lacks.cell is None else repr(one_line(lacks.cell, _LONGEST_CELL))
    return f"{lacks.column} says {cell}; wanted: {lacks.words(wanted=True)}"


def _facts(rows: Iterator[tuple[str, str]]) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for word, text in rows:
        table.add_row(Text(word), Text(text))
    return table
