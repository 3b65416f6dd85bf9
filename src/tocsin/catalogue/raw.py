"""The catalogue's files as they stand, after the JSON Schema has held them."""

from __future__ import annotations

from typing import NotRequired, TypeAlias, TypedDict

from tocsin.catalogue.yaml_lines import Plain


class RawGroupItem(TypedDict):
    """`{group: NAME}` in a list of columns."""

    group: str


RawMember: TypeAlias = str | RawGroupItem


class _RawColumnNeeds(TypedDict):
    kind: str
    description: str


class RawColumn(_RawColumnNeeds, total=False):
    """One entry of columns.yaml."""

    aliases: list[str]
    sensitive: bool
    zero_is_missing: bool
    fleeting: bool
    least: int
    greatest: int
    retired: bool


class RawArea(TypedDict):
    """One entry of areas.yaml."""

    title: str
    description: str


class _RawSubjectNeeds(TypedDict):
    kind: str
    role: str


class RawSubject(_RawSubjectNeeds, total=False):
    """A type's subject."""

    column: str
    form: str
    version: int


class _RawDomainColumnNeeds(TypedDict):
    column: str
    form: str


class RawDomainColumn(_RawDomainColumnNeeds, total=False):
    """A column that domain lists may match."""

    needs_confirmation: bool


class _RawTypeNeeds(TypedDict):
    title: str
    area: str
    severity: str
    subject: RawSubject
    columns: list[RawMember]


class _RawTwinNeeds(TypedDict):
    id: str


class RawTwin(_RawTwinNeeds, total=False):
    """The same type for IPv6."""

    title: str
    aliases: list[str]
    sample: dict[str, str | int]


class RawType(_RawTypeNeeds, total=False):
    """One report type of a family."""

    taxonomy: str
    domain_columns: list[RawDomainColumn]
    window_days: int
    identity: list[str]
    aggregation_key: list[str]
    counting: dict[str, str]
    aliases: list[str]
    column_aliases: dict[str, str]
    delta: bool
    text: dict[str, str]
    sample: dict[str, str | int]
    ipv6: RawTwin


class _RawProvisionalColumnNeeds(TypedDict):
    name: str
    kind: str


class RawProvisionalColumn(_RawProvisionalColumnNeeds, total=False):
    """A column of a provisional type."""

    in_files: str


class RawProvisional(TypedDict):
    """A provisional type."""

    id: str
    title: str
    subject: RawSubject
    columns: list[RawProvisionalColumn]


class RawCredit(TypedDict, total=False):
    """How the giver of data is shown."""

    form: str
    text: str


class RawTerms(TypedDict, total=False):
    """What the giver of data allows."""

    tlp: str
    owners: bool
    national_certs: bool
    lists: list[int]
    statistics: bool
    credit: RawCredit
    masked: list[str]


class RawFilters(TypedDict, total=False):
    """Which filters a source's rows go through."""

    reserved: bool
    reserved_allowed: list[str]
    allow_list: bool
    impossible: bool
    repeats: bool


class RawExamples(TypedDict, total=False):
    """File names that a source's patterns take and leave, and a small file."""

    takes: list[str]
    leaves: list[str]
    file: str
    content: str


RawColumnFrom = TypedDict(
    "RawColumnFrom",
    {
        "of": "str | list[str]",
        "with": str,
        "match": str,
        "as": str,
        "words": "dict[str, str]",
        "value": str,
        "file": str,
        "event": str,
    },
    total=False,
)
"""Where the cells of a column come from, and what is made of them."""

RawStep = TypedDict(
    "RawStep",
    {
        "of": "str | list[str]",
        "by": NotRequired[str],
        "as": NotRequired[str],
        "along": "NotRequired[dict[str, str]]",
    },
)
"""One way of taking a row apart."""


class RawReading(TypedDict):
    """How a source's rows become events."""

    columns: dict[str, str | RawColumnFrom]
    delimiter: NotRequired[str]
    comment: NotRequired[str]
    header: NotRequired[list[str]]
    report_types: NotRequired[list[str]]
    each: NotRequired[list[RawStep]]
    others: NotRequired[str]


class RawSource(TypedDict, total=False):
    """One source."""

    extends: str
    title: str
    description: str
    format: str
    reading: RawReading
    files: list[str]
    examples: RawExamples
    terms: RawTerms
    window: str
    expected_by: str
    max_age: str
    tolerance: str
    zone: str
    location: str
    filters: RawFilters
    missing: list[str]


class RawObservation(TypedDict):
    """One kind of observation."""

    description: str
    columns: NotRequired[dict[str, str]]


class RawLogsource(TypedDict):
    """Whose events a rule is asked about."""

    product: str
    service: str


class RawRuleExamples(TypedDict):
    """Events that a rule takes and leaves."""

    hits: list[dict[str, str | int]]
    misses: list[dict[str, str | int]]


class RawCorroboration(TypedDict):
    """By how many witnesses a subject has to be seen."""

    least: int
    of: str
    among: NotRequired[list[str]]


class _RawEmitsNeeds(TypedDict):
    evidence: str
    examples: RawRuleExamples


class RawEmits(_RawEmitsNeeds, total=False):
    """What becomes of the events that a rule takes."""

    report_types: list[str]
    observation: str
    confidence: str
    mask: list[str]
    remove: list[str]
    daily_cap: int
    corroboration: RawCorroboration
    priority: int
    infection: str
    family: str
    tag: str
    severity: str
    columns: dict[str, str]


class RawRule(TypedDict):
    """One rule; what else Sigma allows is for people."""

    title: str
    id: str
    logsource: RawLogsource
    detection: dict[str, Plain]
    tocsin: RawEmits


class RawCondition(TypedDict, total=False):
    """From which number on a correlation holds."""

    gte: int
    gt: int
    field: str


RawCorrelates = TypedDict(
    "RawCorrelates",
    {
        "type": str,
        "rules": list[str],
        "group-by": list[str],
        "timespan": str,
        "condition": NotRequired[RawCondition],
    },
)
"""What has to come together."""


class RawSeries(TypedDict):
    """The same observation several times."""

    observation: dict[str, str | int]
    times: NotRequired[int]
    every: NotRequired[str]
    rule: NotRequired[str]


class RawSeriesExamples(TypedDict):
    """Series for which a correlation holds and does not."""

    hits: list[list[RawSeries]]
    misses: list[list[RawSeries]]


class _RawCorrelationEmitsNeeds(TypedDict):
    report_types: list[str]
    evidence: str
    examples: RawSeriesExamples


class RawCorrelationEmits(_RawCorrelationEmitsNeeds, total=False):
    """What becomes of a group for which a correlation holds."""

    infection: str
    family: str
    tag: str
    severity: str
    confidence: str
    columns: dict[str, str]
    aggregates: dict[str, str | dict[str, str]]


class RawCorrelation(TypedDict):
    """One correlation."""

    title: str
    id: str
    correlation: RawCorrelates
    tocsin: RawCorrelationEmits
