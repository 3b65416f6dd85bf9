"""A report as a page of HTML: one table, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from tocsin.service.delivery.compose.formats.rows import About, in_pieces, rows_of
from tocsin.service.delivery.compose.formats.shown import shown

_HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 14px/1.4 sans-serif; margin: 1rem; }}
div {{ overflow-x: auto; }}
table {{ border-collapse: collapse; }}
th, td {{ border: 1px solid #8a95a3; padding: .2rem .5rem; text-align: left; vertical-align: top; }}
td {{ max-width: 30rem; overflow-wrap: break-word; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{file}</p>
<div><table>
<thead><tr>{columns}</tr></thead>
<tbody>
"""

_FOOT = "</tbody>\n</table></div>\n</body>\n</html>\n"


def html_pieces(csv: Iterable[bytes], about: About) -> Iterator[bytes]:
    """From the pieces of the CSV."""
    return in_pieces(_texts(csv, about))


def _texts(csv: Iterable[bytes], about: About) -> Iterator[str]:
    header, rows = rows_of(csv)
    columns = "".join(f'<th scope="col">{_cell(each)}</th>' for each in header)
    file = about.file.removesuffix(".csv")
    yield _HEAD.format(title=_cell(about.title or file), file=_cell(file), columns=columns)
    for row in rows:
        yield f"<tr>{''.join(f'<td>{_cell(each)}</td>' for each in row)}</tr>\n"
    yield _FOOT


def _cell(text: str) -> str:
    return escape(shown(text))
