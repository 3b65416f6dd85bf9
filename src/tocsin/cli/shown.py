"""Figures in words and tables, alike in every command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import OverflowMethod
from rich.table import Table
from rich.text import Text


def number(value: int) -> str:
    """A count as people read it: 1,234,567."""
    return f"{value:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 row`, `2 rows`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def counts_table(
    title: str, rows: Iterable[tuple[str, int]], *, of: str = "rows", note: str = ""
) -> Table:
    """Words with counts and a bar in proportion to the greatest."""
    listed = list(rows)
    greatest = max((count for _, count in listed), default=0)
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, caption=note or None)
    table.add_column("", max_width=46)
    table.add_column(of, justify="right", no_wrap=True)
    table.add_column("")
    for word, count in listed:
        shown = short(bar(count, greatest), style="cyan", overflow="crop")
        table.add_row(short(word), number(count), shown)
    return table


def short(text: str, style: str = "", overflow: OverflowMethod = "ellipsis") -> Text:
    """A cell of one line that gives way to the numbers beside it where room is short.

    Its column must not be `no_wrap`: the table takes room from columns that may wrap first.
    """
    return Text(text, style=style, no_wrap=True, overflow=overflow)


def bar(count: int, greatest: int, width: int = 24) -> str:
    """A bar of at most `width` characters; what is not zero shows."""
    if not count or not greatest:
        return ""
    return "▇" * max(1, round(width * count / greatest))


def in_words(counts: Mapping[str, int]) -> str:
    """`12 bad_time, 3 no_subject`, the most frequent first."""
    return ", ".join(f"{number(count)} {word}" for word, count in most_first(counts))


def most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Words with counts, the most frequent first, equals by the alphabet."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def one_line(text: str, most: int = 100) -> str:
    """A stranger's text on one line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
