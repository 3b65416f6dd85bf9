"""Which registry's server is asked: IANA's files (RFC 9224), fetched weekly, kept in the home."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from whoisit.bootstrap import BaseBootstrap
from whoisit.errors import BootstrapError, QueryError, UnsupportedError
from whoisit.query import QueryBuilder

from tocsin.engine.files import write_atomically
from tocsin.model.errors import TocsinError
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.verification.guarded_http import GuardedHttp
from tocsin.service.verification.registry import RegistryUnreachable

REFRESHED = dt.timedelta(days=7)
_TRIED_AGAIN = dt.timedelta(hours=1)
_FILES = {"asn": "asn", "dns": "dns", "ipv4": "ipv4", "ipv6": "ipv6", "object": "object-tags"}
_IANA = "https://data.iana.org/rdap"
KINDS = {NetworkKind.ASN: "autnum", NetworkKind.CIDR: "ip", NetworkKind.DOMAIN: "domain"}
"""The word in the address, and the key of `proof.rdap`."""

_log = structlog.get_logger("tocsin.registries")


@dataclass(slots=True)
class Places:
    """Where to ask.

    said: `proof.rdap` of the configuration. folder: where the files are kept.
    """

    http: GuardedHttp
    folder: Path
    said: Mapping[str, str] = field(default_factory=dict)
    _bootstrap: BaseBootstrap | None = None
    _as_of: dt.datetime | None = None
    _tried: dt.datetime | None = None

    def url_for(self, kind: NetworkKind, value: str, now: dt.datetime) -> str:
        """The address to ask; empty if no registry is known for it.

        RegistryUnreachable if IANA's files were never fetched, and cannot be now.
        """
        word = KINDS[kind]
        if word in self.said:
            return str(QueryBuilder(BaseBootstrap()).construct_url(self.said[word], word, value))
        bootstrap = self._fresh(now)
        try:
            _, url, exact = QueryBuilder(bootstrap).build(word, value)
        except (UnsupportedError, BootstrapError, QueryError):
            return ""
        if not exact and kind is not NetworkKind.DOMAIN:
            return ""
        return self._mirrored(str(url))

    def registry_at(self, url: str) -> str:
        """The registry whose server that is: `arin`, `ripencc`, ...; empty if none of them."""
        for name, base in self.said.items():
            if name in _REGISTRIES and urlsplit(base).netloc == urlsplit(url).netloc:
                return name
        by_host: Mapping[str, str] = BaseBootstrap().rir_endpoints_by_domain
        return _named(by_host.get(urlsplit(url).netloc, ""))

    def _mirrored(self, url: str) -> str:
        base = self.said.get(self.registry_at(url), "")
        if not base:
            return url
        _, _, rest = urlsplit(url).path.rpartition("/autnum/" if "/autnum/" in url else "/ip/")
        word = "autnum" if "/autnum/" in url else "ip"
        return f"{base.rstrip('/')}/{word}/{rest}"

    def _fresh(self, now: dt.datetime) -> BaseBootstrap:
        if self._bootstrap is None:
            self._read()
        if self._bootstrap is not None and self._as_of and now - self._as_of < REFRESHED:
            return self._bootstrap
        if self._bootstrap is not None and self._tried and now - self._tried < _TRIED_AGAIN:
            return self._bootstrap
        self._tried = now
        try:
            self._fetch(now)
        except TocsinError as error:
            if self._bootstrap is None:
                raise
            _log.warning("old list of registries kept", as_of=self._as_of, error=str(error))
        if self._bootstrap is None:
            raise _unusable("there are no files yet")
        return self._bootstrap

    @property
    def _path(self) -> Path:
        return self.folder / "registries.json"

    def _read(self) -> None:
        try:
            self._use(json.loads(self._path.read_bytes()))
        except (OSError, ValueError, RegistryUnreachable):
            # Never fetched, or damaged: fetched now.
            self._bootstrap = None

    def _fetch(self, now: dt.datetime) -> None:
        base = self.said.get("bootstrap", _IANA).rstrip("/")
        fetched: dict[str, Any] = {"timestamp": int(now.timestamp())}
        for name, file in _FILES.items():
            answer = self.http.get(f"{base}/{file}.json")
            if answer.status != 200:
                raise _unusable(f"{file}.json: status {answer.status}")
            try:
                fetched[name] = json.loads(answer.content)
            except (ValueError, RecursionError) as error:
                raise _unusable(f"{file}.json is no JSON") from error
        self._use(fetched)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self._path, json.dumps(fetched).encode())

    def _use(self, fetched: dict[str, Any]) -> None:
        bootstrap = BaseBootstrap()
        try:
            bootstrap.load_bootstrap_data(
                fetched,
                overrides=True,
                allow_insecure=self.http.loopback_allowed,
                from_json=False,
            )
            self._as_of = dt.datetime.fromtimestamp(fetched["timestamp"], dt.UTC)
        except (BootstrapError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise _unusable("its files cannot be read") from error
        self._bootstrap = bootstrap


_REGISTRIES = ("afrinic", "apnic", "arin", "lacnic", "ripencc")


def _named(name: str) -> str:
    return "ripencc" if name == "ripe" else name


def _unusable(what: str) -> RegistryUnreachable:
    return RegistryUnreachable(
        what, where="IANA's list of registries", todo="nothing: asked again later"
    )
