"""What `tocsin explain --json` prints; the keys are documented and only ever added to."""

from __future__ import annotations

from tocsin.engine.explain.correlation_reasons import CorrelationReasons
from tocsin.engine.explain.explain import Explanation, Place
from tocsin.engine.explain.rule_reasons import RuleReasons
from tocsin.engine.nightly.reasons import Reason
from tocsin.model.address import address_text


def value(found: Explanation) -> dict[str, object]:
    """The explanation as `--json` prints it."""
    report, origin, events = found.report, found.origin, found.sightings
    in_file = None if origin is None or origin.correlated else origin
    return {
        "report": report.slice.file,
        "row": found.number,
        "rows": report.slice.rows,
        "line": found.line,
        "cells": dict(found.cells),
        "day": report.package.day.isoformat(),
        "revision": report.package.revision,
        "partial": report.partial,
        "delayed": report.delayed,
        "report_type": found.report_type.id,
        "area": found.report_type.area,
        "rule": events.rule,
        "by_rule": _by_rule_value(found.by_rule) if found.by_rule else None,
        "by_correlation": (
            _by_correlation_value(found.by_correlation) if found.by_correlation else None
        ),
        "hidden": origin is None,
        "source": origin.source if origin else None,
        "sensor": origin.sensor or None if origin else None,
        "file": in_file.file or None if in_file else None,
        "file_sha256": in_file.sha256 if in_file else None,
        "file_line": in_file.line if in_file else None,
        "received": events.received.isoformat(),
        "first": events.first.isoformat(),
        "last": events.last.isoformat(),
        "events": events.count,
        "atlas": _place_value(found.place),
        "list": found.list.id,
        "list_name": found.list.name,
        "organisation": found.organisation.id,
        "organisation_kind": found.organisation.kind.value,
        "changes_since": found.changed_since or None,
        "reasons": [_reason_value(reason) for reason in found.reasons],
        "severity": found.severity.word,
        "type_severity": found.report_type.severity.word,
        "least_severity": found.list.least_severity.word,
        "tlp": found.terms.tlp.word,
        "released_to": {
            "owners": found.terms.owners,
            "national_certs": found.terms.national_certs,
            "lists": sorted(found.terms.lists),
        },
        "masked": list(found.masked),
        "event": found.event,
        "judged": [each.to_json() for each in found.judged],
        "credit": found.terms.credit.value,
        "credit_text": found.terms.credit_text or None,
    }


def _by_rule_value(judged: RuleReasons) -> dict[str, object]:
    return {
        "title": judged.rule.title,
        "evidence": judged.rule.evidence.value,
        "because": list(judged.because),
        "unseen": list(judged.unseen),
        "changed": judged.changed,
    }


def _by_correlation_value(judged: CorrelationReasons) -> dict[str, object]:
    return {
        "title": judged.correlation.title,
        "evidence": judged.correlation.evidence.value,
        "because": judged.because,
        "observations": judged.observations,
        "changed": judged.changed,
    }


def _place_value(place: Place) -> dict[str, object]:
    interval = place.interval
    return {
        "name": place.atlas or None,
        "missing": place.missing or None,
        "origins": list(place.origins),
        "countries": list(place.countries),
        "prefix": str(interval.prefix) if interval and interval.prefix else None,
        "first": address_text(interval.first) if interval else None,
        "last": address_text(interval.last) if interval else None,
        "peers": {str(asn): peers for asn, peers in interval.origins} if interval else {},
        "country": interval.country if interval else None,
        "region": interval.region if interval else None,
        "city": interval.city if interval else None,
        "geo_prefix": str(interval.geo_prefix) if interval and interval.geo_prefix else None,
    }


def _reason_value(reason: Reason) -> dict[str, object]:
    start, end = reason.network.valid.start, reason.network.valid.end
    return {
        "network": str(reason.network),
        "kind": reason.network.kind.value,
        "valid_from": start.isoformat() if start else None,
        "valid_to": end.isoformat() if end else None,
        "met": reason.met or None,
        "words": reason.words,
    }
