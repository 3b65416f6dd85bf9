"""A report whose cells come from somebody who means harm to whoever reads it."""

from __future__ import annotations

import csv
import io

from tocsin.model.columns import ColumnKind
from tocsin.service.delivery.compose.formats.rows import About

COLUMNS = ("timestamp", "src_ip", "src_port", "http_url", "agent", "tag")

ABOUT = About(
    "2026-11-22-event4_sinkhole_http-alpha-asn.csv",
    "Infected machines calling a sinkhole by HTTP",
    {"src_port": ColumnKind.INTEGER, "timestamp": ColumnKind.TIME, "src_ip": ColumnKind.ADDRESS},
)

ROWS = (
    (
        "2026-11-22 00:00:01",
        "192.0.2.10",
        "40001",
        "http://evil.example.com/a.exe?next=https://www.example.org/",
        '<script>alert("x")</script>',
        "=HYPERLINK('http://example.net/','click')",
    ),
    (
        "2026-11-22 00:00:02",
        "2001:db8::1",
        "",
        "HTTPS://192.0.2.66:8080/x",
        "</td></table><img src=x onerror=alert(1)>",
        "+49 30 1234; @SUM(A1); -1",
    ),
    (
        "2026-11-22 00:00:03",
        "192.0.2.11",
        "40003",
        "www.example.com mailto:eve@example.org javascript:alert(1)",
        "\u202egnp.exe \x1b[31mred\x07 ]]> & \ufffe",
        "-12.5",
    ),
)


def as_csv(rows: tuple[tuple[str, ...], ...] = ROWS, columns: tuple[str, ...] = COLUMNS) -> bytes:
    """As the engine writes it: all but integers quoted, rows end with LF."""
    held = io.StringIO()
    writer = csv.writer(held, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return held.getvalue().encode()
