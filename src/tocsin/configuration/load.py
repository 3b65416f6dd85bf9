"""The operator's settings: `tocsin.toml` in the home, and the environment above it.

Every setting has a default, so that no file is needed. A setting `x` may be given as `TOCSIN_X`,
one of a table as `TOCSIN_TABLE__X`.
"""

from __future__ import annotations

import datetime as dt
import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from tocsin.configuration.maps import Maps, MapSource
from tocsin.configuration.service import (
    ApiRules,
    BrakeRules,
    DatabasePlace,
    DeliveryRules,
    MailboxPlace,
    MailPlace,
    ProofRules,
    ReviewRules,
    ServicePlace,
)
from tocsin.configuration.texts import mail_address
from tocsin.configuration.toml_lines import Key, lines_of_keys
from tocsin.engine.interop.row import Reporter
from tocsin.engine.prune import Retention
from tocsin.model.address import parse_network
from tocsin.model.errors import ConfigurationError, Problem

PREFIX = "TOCSIN_"
_MANUAL = "docs/operators/configuration.md describes every setting"
_NOT_SETTINGS = ("TOCSIN_HOME",)


def _memory(text: str) -> str:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", text):
        raise ValueError("is no amount of memory such as 1GiB")
    return text


def _network(text: str) -> str:
    parse_network(text)
    return text


def _utc_clock(time: dt.time) -> dt.time:
    if time.tzinfo is not None:
        raise ValueError("is a time of day in UTC, without a zone")
    return time


def _domain(text: str) -> str:
    if text and not re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", text):
        raise ValueError("is no domain such as example.org, in small letters")
    return text


Days = Annotated[int, Field(ge=1, le=36_500)]


class RetentionDays(BaseModel):
    """The table `[retention]`: after how many days a tier is pruned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    observations: Days = 3
    records: Days = 35
    rejects: Days = 7
    published: Days = 90
    packs: Days = 90
    findings: Days = 400
    deliveries: Days = 90
    links: Days = 400

    @model_validator(mode="after")
    def _links_outlive_packs(self) -> RetentionDays:
        # A link is to say what became of a report, for as long as anybody may have it.
        if self.links < self.packs:
            raise ValueError("links are kept as long as packs at least, or reports cannot be had")
        return self

    @model_validator(mode="after")
    def _packs_outlive_records(self) -> RetentionDays:
        # A pack's plan is what tells that a record has been sent.
        if self.packs < self.records:
            raise ValueError("packs are kept as long as records at least, or rows are sent twice")
        return self


class LakePlace(BaseModel):
    """The table `[lake]`: an object store that holds the lake instead of the home."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bucket: str = ""
    folder: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    scheme: Literal["https", "http"] = "https"
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")


class ReporterNames(BaseModel):
    """The table `[reporter]`: who reports, for vocabularies that ask for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organisation: Annotated[str, Field(max_length=200)] = ""
    contact: Annotated[str, AfterValidator(mail_address)] = ""
    domain: Annotated[str, AfterValidator(_domain)] = ""


class Configuration(BaseSettings):
    """All settings. Make one with `load_configuration`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    workers: Annotated[int, Field(ge=1, le=1024)] = Field(
        default_factory=lambda: len(os.sched_getaffinity(0))
    )
    memory_limit: Annotated[str, AfterValidator(_memory)] = "1GiB"
    slice_records: Annotated[int, Field(ge=1000, le=10_000_000)] = 250_000
    batch_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    most_bytes: Annotated[ByteSize, Field(ge=1 << 20)] = ByteSize(64 << 30)
    night_deadline: Annotated[dt.time, AfterValidator(_utc_clock)] = dt.time(6, 0)
    absent_days: Days = 7
    shared_networks: dict[
        Annotated[str, AfterValidator(_network)], Annotated[int, Field(ge=1, le=100_000)]
    ] = Field(default_factory=dict)
    retention: RetentionDays = RetentionDays()
    lake: LakePlace = LakePlace()
    reporter: ReporterNames = ReporterNames()
    maps: Maps = Field(default_factory=Maps)
    service: ServicePlace = ServicePlace()
    database: DatabasePlace = DatabasePlace()
    mail: MailPlace = MailPlace()
    mailbox: MailboxPlace = MailboxPlace()
    review: ReviewRules = ReviewRules()
    proof: ProofRules = ProofRules()
    api: ApiRules = ApiRules()
    delivery: DeliveryRules = DeliveryRules()
    brake: BrakeRules = BrakeRules()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the names are the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file, whose content comes as arguments."""
        return env_settings, init_settings

    def shared_networks_kept(self) -> tuple[tuple[str, int], ...]:
        """Prefixes whose addresses many customers share, with how many sightings are kept."""
        return tuple(sorted(self.shared_networks.items()))

    def reporter_named(self) -> Reporter:
        """As other vocabularies name it."""
        return Reporter(**self.reporter.model_dump())

    def retention_days(self) -> Retention:
        """As pruning takes them."""
        of_the_service = {"deliveries", "links"}
        return Retention(**self.retention.model_dump(exclude=of_the_service))


_TABLES: Mapping[str, type[BaseModel]] = {
    "retention": RetentionDays,
    "lake": LakePlace,
    "reporter": ReporterNames,
    "maps": Maps,
    "service": ServicePlace,
    "database": DatabasePlace,
    "mail": MailPlace,
    "mailbox": MailboxPlace,
    "review": ReviewRules,
    "proof": ProofRules,
    "api": ApiRules,
    "delivery": DeliveryRules,
    "brake": BrakeRules,
}


def load_configuration(path: Path) -> Configuration:
    """The settings of the file at `path`, if there is one, and of the environment over it.

    ConfigurationError tells all mistakes at once, with line or variable.
    """
    text = _text_of(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(path, error) from error
    unknown = list(_misspelt_variables(os.environ))
    try:
        configuration = Configuration(**values)
    except ValidationError as error:
        places = _Places(path, lines_of_keys(text), os.environ)
        problems = [places.problem(e["loc"], e["type"], e["msg"]) for e in error.errors()]
        raise _wrong(path, [*problems, *unknown]) from error
    except SettingsError as error:
        problem = Problem("environment", 0, 0, str(error), "write a table as a JSON object")
        raise _wrong(path, [problem, *unknown]) from error
    if unknown:
        raise _wrong(path, unknown)
    return configuration


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the configuration cannot be read: {error}", where=str(path), todo=_MANUAL
        ) from error


def _no_toml(path: Path, error: tomllib.TOMLDecodeError) -> ConfigurationError:
    what, line = str(error), 0
    if place := re.fullmatch(r"(.*) \(at line (\d+), column \d+\)", what, flags=re.DOTALL):
        what, line = place.group(1), int(place.group(2))
    return ConfigurationError(
        f"this is no TOML: {what}", where=str(path), line=line, todo="correct the line"
    )


def _wrong(path: Path, problems: list[Problem]) -> ConfigurationError:
    count = "one mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    return ConfigurationError(
        f"the configuration has {count}", where=str(path), todo=_MANUAL, problems=problems
    )


class _Places:
    """Says of each mistake where a person can correct it."""

    def __init__(self, path: Path, lines: Mapping[Key, int], environment: Mapping[str, str]):
        self.path = path
        self.lines = lines
        self.environment = {name.upper() for name in environment}

    def problem(self, location: tuple[int | str, ...], kind: str, message: str) -> Problem:
        key = tuple(str(part) for part in location if part != "[key]")
        what = message.removeprefix("Value error, ")
        name = ".".join(key)
        if kind == "extra_forbidden":
            return self._problem(key, f"there is no setting {name!r}", _suggestion(key))
        return self._problem(key, f"{name}: {what[:1].lower()}{what[1:]}", "")

    def _problem(self, key: Key, what: str, todo: str) -> Problem:
        variable = PREFIX + "__".join(key).upper()
        whole_table = PREFIX + key[0].upper()
        for each in (variable, whole_table):
            if each in self.environment:
                return Problem(each, 0, 0, what, todo)
        line = self.lines.get(key) or self.lines.get(key[:1], 0)
        return Problem(str(self.path), line, 0, what, todo)


def _suggestion(key: Key) -> str:
    model = _TABLES.get(key[0], Configuration) if len(key) > 1 else Configuration
    if key[:2] == ("maps", "sources") and len(key) > 3:
        model = MapSource
    close = difflib.get_close_matches(key[-1], model.model_fields, n=1, cutoff=0.75)
    return f"{close[0]!r} was meant?" if close else ""


def _misspelt_variables(environment: Mapping[str, str]) -> Iterator[Problem]:
    """Variables that look like one of ours. Others may be somebody else's, and are left alone."""
    known = variables()
    for name in environment:
        if name.startswith(PREFIX) and name.upper() not in (*known, *_NOT_SETTINGS):
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if close:
                yield Problem(name, 0, 0, "there is no such setting", f"{close[0]} was meant?")


def variables() -> tuple[str, ...]:
    """The environment variables of all settings."""
    names = [PREFIX + name.upper() for name in Configuration.model_fields]
    inner = [
        f"{PREFIX}{table.upper()}__{name.upper()}"
        for table, model in _TABLES.items()
        for name in model.model_fields
    ]
    return (*names, *inner)
