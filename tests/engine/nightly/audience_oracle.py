"""Who gets a row, read off the design's words: plain loops, the standard library's ipaddress.

It shares nothing with the product but the forms of its inputs: the lists file as JSON, the row as
a mapping. `subject` of a row is text: an address, a prefix, or None.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from functools import cache
from typing import Any

Doc = dict[str, Any]
Row = dict[str, Any]
Span = tuple[dt.datetime, dt.datetime]

SEVERITIES = ["info", "low", "medium", "high", "critical"]
KEY_OF_FILTER = {"asn": "asn", "cidr": "cidr", "geo": "country", "domain": "domain"}
FAR_BACK = "1900-01-01"
FAR_AHEAD = "2100-01-01"


def moment(text: str) -> dt.datetime:
    said = dt.datetime.fromisoformat(text)
    return said.replace(tzinfo=dt.UTC) if said.tzinfo is None else said


def span(entry: Doc) -> Span:
    return moment(entry.get("valid_from", FAR_BACK)), moment(entry.get("valid_to", FAR_AHEAD))


def overlaps(one: str, other: str) -> bool:
    first, second = ipaddress.ip_network(one), ipaddress.ip_network(other)
    return bool(first.version == second.version and first.overlaps(second))


class Oracle:
    """Answers row by row; what never changes is worked out once."""

    def __init__(self, document: Doc) -> None:
        self.document = document
        self.organisations = {each["id"]: each for each in document["organisations"]}
        self.networks = {each["id"]: self._networks(each) for each in document["lists"]}
        self.overlaps = cache(overlaps)
        self.moment = cache(moment)

    def _networks(self, each: Doc) -> list[tuple[Any, list[Span]]]:
        """(network, the spans of everything whose validity it hangs on) of one list."""
        key = KEY_OF_FILTER[each["filter"]]
        found: list[tuple[Any, list[Span]]] = []
        for network in self.organisations[each["organisation"]]["networks"]:
            if key not in network:
                continue
            spans = [span(network), span(each)]
            if "networks" not in each:
                found.append((network[key], spans))
                continue
            found += [
                (network[key], [*spans, span(chosen)])
                for chosen in each["networks"]
                if chosen[key] == network[key]
            ]
        return found

    def audience(self, row: Row, report_type: str) -> tuple[int, ...]:
        hidden = self._hidden(row, report_type)
        found = []
        for each in self.document["lists"]:
            is_cert = self.organisations[each["organisation"]]["kind"] == "national_cert"
            if (
                self._is_its(each, row)
                and self._wants(each, row, report_type)
                and self._may_have(each, row, is_cert)
                and (is_cert or each["id"] not in hidden)
            ):
                found.append(each["id"])
        return tuple(sorted(found))

    def _is_its(self, each: Doc, row: Row) -> bool:
        kind, when = each["filter"], row["timestamp"]
        for network, spans in self.networks[each["id"]]:
            is_valid = all(start <= when < end for start, end in spans)
            if is_valid and self._brings(kind, network, row):
                return True
        return False

    def _brings(self, kind: str, network: Any, row: Row) -> bool:
        if kind == "asn":
            return network in row["origins"]
        if kind == "geo":
            return network in row["countries"]
        if kind == "domain":
            return any(name == network or name.endswith("." + network) for name in row["domains"])
        return row["subject"] is not None and self.overlaps(row["subject"], network)

    def _wants(self, each: Doc, row: Row, report_type: str) -> bool:
        types = each.get("types", {})
        if "only" in types and report_type not in types["only"]:
            return False
        if report_type in types.get("except", []):
            return False
        least = SEVERITIES.index(each.get("least_severity", "info"))
        return bool(row["severity"] >= least)

    def _may_have(self, each: Doc, row: Row, is_cert: bool) -> bool:
        terms = row["terms"]
        if each["id"] in terms["lists"]:
            return True
        if terms["tlp"] == "red" or (terms["tlp"] == "amber+strict" and is_cert):
            return False
        return bool(terms["national_certs"] if is_cert else terms["owners"])

    def _hidden(self, row: Row, report_type: str) -> set[int]:
        """Lists, of whatever kind, for which some suppression names this row."""
        return {
            list_id
            for said in self.document.get("suppressions", [])
            if self._hides(said, row, report_type)
            for list_id in said["lists"]
        }

    def _hides(self, said: Doc, row: Row, report_type: str) -> bool:
        if row["subject"] != said["address"]:
            return False
        said_of_row = {"port": row["port"], "rule": row["rule"], "report_type": report_type}
        if any(key in said and said[key] != value for key, value in said_of_row.items()):
            return False
        if said["kind"] == "fixed":
            return bool(row["last"] <= self.moment(said["before"]))
        return bool(row["last"] < self.moment(said["until"]))
