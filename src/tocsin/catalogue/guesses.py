"""What a type or a column most likely is, where nobody has described it yet: told by its name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from tocsin.catalogue.entries import DomainForm, Subject, SubjectKind, SubjectRole
from tocsin.model.columns import ColumnKind

_KINDS: Final = (
    (("ip", "_ip"), ColumnKind.ADDRESS),
    (("port", "_port", "asn", "_asn", "naics", "_naics"), ColumnKind.INTEGER),
    (("timestamp", "first_seen", "last_seen"), ColumnKind.TIME),
)

_AREAS: Final = {
    "availability/ddos": "ddos",
    "information-gathering/scanner": "scans",
    "intrusion-attempts/brute-force": "scans",
    "intrusions/system-compromise": "compromised_hosts",
    "information-content-security/data-leak": "compromised_hosts",
    "malicious-code/infected-system": "drones",
    "malicious-code/c2-server": "botnet_cc",
    "malicious-code/malware-distribution": "malware_droppers",
    "abusive-content/spam": "spam_relays",
    "fraud/phishing": "phishing",
}
"""Class and type of the Reference Security Incident Taxonomy -> kind of harm."""

_ADDRESSES: Final = {
    "ip": SubjectRole.EXPOSED,
    "src_ip": SubjectRole.CULPRIT,
    "dst_ip": SubjectRole.VICTIM,
    "http_referer_ip": SubjectRole.REFERER,
}
_DOMAINS: Final = {
    "email": DomainForm.EMAIL,
    "domain": DomainForm.NAME,
    "hostname": DomainForm.NAME,
    "host": DomainForm.NAME,
    "website": DomainForm.URL,
    "url": DomainForm.URL,
}


def column_kind(name: str) -> ColumnKind:
    """Addresses, ports, AS numbers and times by the ends of their names; all else is text."""
    for endings, kind in _KINDS:
        if any(name == each or (each[0] == "_" and name.endswith(each)) for each in endings):
            return kind
    return ColumnKind.TEXT


def area_of(name: str, taxonomy: str) -> str:
    """The kind of harm, an id of areas.yaml."""
    if "sinkhole" in name:
        return "drones"
    return _AREAS.get(taxonomy, "exposure")


def likely_subject(columns: Collection[str]) -> Subject:
    """The first column that has an owner: an address, else a domain."""
    for name, role in _ADDRESSES.items():
        if name in columns:
            return Subject(name, SubjectKind.ADDRESS, role)
    for name, form in _DOMAINS.items():
        if name in columns:
            return Subject(name, SubjectKind.DOMAIN, SubjectRole.HOLDER, form)
    return Subject("", SubjectKind.NONE, SubjectRole.HOLDER)


def subject_said(subject: Subject) -> dict[str, object]:
    """A subject as a file says it."""
    said: dict[str, object] = {"kind": subject.kind.value, "role": subject.role.value}
    if subject.column:
        said = {"column": subject.column, **said}
    if subject.kind is SubjectKind.DOMAIN:
        said["form"] = subject.domain_form.value
    if subject.version:
        said["version"] = subject.version
    return said
