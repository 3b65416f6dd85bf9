"""What a correlation asks, in words for people."""

from __future__ import annotations

import datetime as dt
from typing import Final

from tocsin.catalogue.correlations import Aggregate, Correlation, CorrelationKind

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def correlation_in_words(correlation: Correlation) -> str:
    """When it holds, such as `16 or more different dst_ip within 1h, of the same src_ip`."""
    same = ", ".join(correlation.group_by)
    return f"{_what(correlation)} within {span_in_words(correlation.timespan)}, of the same {same}"


def _what(correlation: Correlation) -> str:
    least = f"{correlation.threshold:,}"
    match correlation.kind:
        case CorrelationKind.EVENT_COUNT:
            return f"{least} or more observations"
        case CorrelationKind.VALUE_COUNT:
            return f"{least} or more different {correlation.column}"
        case CorrelationKind.VALUE_SUM:
            return f"{correlation.column} of {least} or more in all"
        case CorrelationKind.TEMPORAL:
            return f"observations by each of its {least} rules"


def span_in_words(span: dt.timedelta) -> str:
    """A span as files write it: `10m`."""
    seconds = int(span.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"


def aggregate_in_words(aggregate: Aggregate) -> str:
    """What is worked out, such as `sum of packets`."""
    kind = aggregate.kind.value
    return f"{kind} of {aggregate.column}" if aggregate.column else kind
