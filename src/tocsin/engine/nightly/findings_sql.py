"""The SQL of the findings: evidence out of published rows, and the ledger's step by one day."""

from __future__ import annotations

TABLES = """
    CREATE TEMP TABLE sightings (
        report_type VARCHAR, hi UBIGINT, lo UBIGINT, length UTINYINT, name VARCHAR,
        port BIGINT, infection VARCHAR, windowed BOOLEAN, evidence DATE,
        severity UTINYINT, first TIMESTAMPTZ, last TIMESTAMPTZ, events BIGINT, source VARCHAR
    );
"""

# One row a finding, date of evidence, unit and source: the ledger's step puts sources together,
# of the few findings that have several. A clock that runs ahead does not make a date later than
# the day.
SIGHTINGS = """
    INSERT INTO sightings
    SELECT '{report_type}', hi, lo, length, name, port, infection, {windowed}, evidence,
           max(_severity), min(_first), max(_last),
           CASE WHEN {windowed} THEN max(_count) ELSE sum(_count) END,
           _source
    FROM (
        SELECT _subject_hi AS hi, _subject_lo AS lo, _subject_len AS length,
               CASE WHEN _subject_hi IS NULL THEN {name} END AS name,
               {port} AS port, coalesce({infection}, '') AS infection,
               least(_last::DATE, $day) AS evidence,
               _severity, _first, _last, _count, _source
        FROM published WHERE _terms IN (SELECT _terms FROM allowed)
    )
    WHERE hi IS NOT NULL OR name IS NOT NULL
    GROUP BY hi, lo, length, name, port, infection, evidence, _source
"""

_KEY = "report_type, hi, lo, length, name, port, infection"

_SAME = """
    ours.report_type = theirs.report_type
    AND ours.infection = theirs.infection
    AND ours.hi IS NOT DISTINCT FROM theirs.hi
    AND ours.lo IS NOT DISTINCT FROM theirs.lo
    AND ours.length IS NOT DISTINCT FROM theirs.length
    AND ours.name IS NOT DISTINCT FROM theirs.name
    AND ours.port IS NOT DISTINCT FROM theirs.port
"""

# known:    the ledger before, keyed as the sightings are
# dated:    which of the evidence is of a later date than what was known
# plain:    a finding's evidence if it is one row, as nearly all are: aggregates that are cheap
# crowded:  all of a finding's evidence in one row, where there are several
# joined:   findings before and evidence, either of which may be missing
# placed:   what is new, how long the silence was at the end of yesterday, and what of an
#           earlier verdict still stands
# counted:  whether today was a day of absence
LEDGER = f"""
    CREATE TEMP TABLE ledger AS
    WITH known AS (
        SELECT *, subject_hi AS hi, subject_lo AS lo, subject_len AS length,
               CASE WHEN subject_hi IS NULL THEN subject END AS name
        FROM previous
    ),
    dated AS MATERIALIZED (
        SELECT theirs.*, ours.last_day IS NULL OR theirs.evidence > ours.last_day AS is_later
        FROM sightings AS theirs LEFT JOIN known AS ours ON {_SAME}
    ),
    plain AS MATERIALIZED (
        SELECT {_KEY}, count(*) AS many, max(evidence) AS evidence, max(severity) AS severity,
               min(first) AS first, max(last) AS last, max(is_later::BIGINT) AS days,
               bool_or(windowed) AS windowed, max(events) AS events, max(source) AS source
        FROM dated GROUP BY {_KEY}
    ),
    crowded AS (
        SELECT {_KEY}, max(evidence) AS evidence,
               arg_max(severity, (evidence, severity)) AS severity,
               min(first) AS first, max(last) AS last,
               count(DISTINCT evidence) FILTER (WHERE is_later) AS days,
               bool_or(windowed) AS windowed,
               CASE WHEN bool_or(windowed) THEN max(events) ELSE sum(events) END AS events,
               list_sort(list_distinct(list(source))) AS sources
        FROM dated AS ours
        SEMI JOIN (SELECT {_KEY} FROM plain WHERE many > 1) AS theirs ON {_SAME}
        GROUP BY {_KEY}
    ),
    evidence AS (
        SELECT * EXCLUDE (many, source),
               CASE WHEN source IS NULL THEN [] ELSE [source] END AS sources
        FROM plain WHERE many = 1
        UNION ALL BY NAME SELECT * FROM crowded
    ),
    joined AS (
        SELECT ours.id, coalesce(ours.report_type, theirs.report_type) AS report_type,
               coalesce(ours.subject, theirs.name) AS subject,
               coalesce(ours.hi, theirs.hi) AS hi, coalesce(ours.lo, theirs.lo) AS lo,
               coalesce(ours.length, theirs.length) AS length,
               coalesce(ours.port, theirs.port) AS port,
               coalesce(ours.infection, theirs.infection) AS infection,
               theirs.evidence IS NOT NULL
                   AND (ours.last_day IS NULL OR theirs.evidence >= ours.last_day) AS is_latest,
               coalesce(theirs.days > 0, false) AS is_new,
               greatest(ours.last_day, theirs.evidence) AS last_day,
               ours.severity AS old_severity, theirs.severity AS severity,
               least(ours.first_seen, theirs.first) AS first_seen,
               greatest(ours.last_seen, theirs.last) AS last_seen,
               coalesce(ours.days_seen, 0) + coalesce(theirs.days, 0) AS days_seen,
               CASE WHEN theirs.windowed THEN greatest(ours.events, theirs.events)
                    ELSE coalesce(ours.events, 0) + coalesce(theirs.events, 0) END AS events,
               CASE WHEN theirs.sources IS NULL OR theirs.sources = ours.sources THEN ours.sources
                    WHEN ours.sources IS NULL THEN theirs.sources
                    ELSE list_sort(list_distinct(list_concat(ours.sources, theirs.sources)))
                    END AS sources,
               coalesce(ours.state, 'open') AS state,
               coalesce(ours.absent_days, 0) AS absent_days,
               ours.fixed_on, ours.relapsed_on, coalesce(ours.relapses, 0) AS relapses
        FROM known AS ours FULL OUTER JOIN evidence AS theirs ON {_SAME}
    ),
    placed AS (
        SELECT * EXCLUDE (absent_days),
               CASE WHEN is_new
                    THEN least(absent_days, greatest($day - last_day - 1, 0))
                    ELSE absent_days END AS absent_days,
               is_new AND state = 'fixed' AND last_day > fixed_on AS is_relapse
        FROM joined
    ),
    counted AS (
        SELECT * EXCLUDE (state, absent_days, fixed_on, relapsed_on, relapses),
               CASE WHEN is_relapse THEN last_day ELSE relapsed_on END AS relapsed_on,
               relapses + is_relapse::BIGINT AS relapses,
               state = 'fixed' AND NOT is_relapse
                   AND (NOT is_new OR absent_days >= $absent_days) AS stays_fixed,
               -- A verdict that has been taken back was none; one that a relapse ended was.
               CASE WHEN is_new AND state = 'fixed' AND NOT is_relapse
                         AND absent_days < $absent_days THEN NULL ELSE fixed_on END AS fixed_on,
               absent_days + (
                   NOT is_new AND state = 'open' AND EXISTS (
                       SELECT 1 FROM reported
                       WHERE reported.report_type = placed.report_type
                         AND list_contains(placed.sources, reported.source)
                   )
               )::BIGINT AS absent_days
        FROM placed
    )
    SELECT id, report_type, subject, hi AS subject_hi, lo AS subject_lo, length AS subject_len,
           port, infection,
           CASE WHEN NOT is_latest THEN old_severity
                WHEN is_new OR old_severity IS NULL THEN severity
                ELSE greatest(old_severity, severity) END AS severity,
           first_seen, last_seen, last_day, days_seen, events, sources,
           CASE WHEN stays_fixed OR absent_days >= $absent_days
                THEN 'fixed' ELSE 'open' END AS state,
           absent_days,
           CASE WHEN NOT stays_fixed AND absent_days >= $absent_days
                THEN $day ELSE fixed_on END AS fixed_on,
           relapsed_on, relapses
    FROM counted
    WHERE NOT (stays_fixed AND fixed_on < $day - $keep_days)
"""
