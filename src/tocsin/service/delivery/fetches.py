"""Who has fetched what: without a mail, this alone tells who has rows that are taken back later.

Written before the bytes are given out, in one statement of the database; what is fetched in parts
is written once a minute.

It says that bytes left us for the holder of a link, not that somebody read them: gateways fetch
every link of a mail on its way to its reader, and nobody can tell the two apart. So it decides one
thing alone, who is told when rows are taken back, where too many is the safe side. No page shows it
as read, no finding is closed and no report is taken for delivered by it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import connection

from tocsin.service.delivery.models import Fetch

PARTS_WITHIN = dt.timedelta(minutes=1)
"""What is fetched again so soon is a part of the same download."""


def user_holder(number: int | None) -> str:
    """Somebody who is signed in, by the key of the account; other holders are those of links."""
    return f"u{number}"


def note(reports: Iterable[int], holder: str, now: dt.datetime) -> None:
    """Note that a holder is given reports, by key, or rows of them."""
    written = connection.ops.adapt_datetimefield_value
    moment, before = written(now), written(now - PARTS_WITHIN)
    rows = [(each, holder, moment, moment, before) for each in sorted(set(reports))]
    with connection.cursor() as cursor:
        for row in rows:
            cursor.execute(_NOTE, row)


_TABLE = Fetch._meta.db_table
# As text, since it is asked at every download: to put it together takes longer than to do it.
_NOTE = f"""
    INSERT INTO {_TABLE} (report_id, holder, first_at, last_at, count) VALUES (%s, %s, %s, %s, 1)
    ON CONFLICT (report_id, holder) DO UPDATE
    SET last_at = excluded.last_at, count = {_TABLE}.count + 1
    WHERE {_TABLE}.last_at <= %s
"""
