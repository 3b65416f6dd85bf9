"""Where the logs come from, as files of the home's catalogue, each with terms of its own.

All of them may speak of address space that is reserved for documentation, which every other
source is not believed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

SINKHOLE: Final = "example-sinkhole"
HONEYPOTS: Final = "example-honeypots"
MONITOR: Final = "example-monitor"
SPAM_TRAP: Final = "example-spam-trap"
SANDBOX: Final = "example-sandbox"
PARTNER: Final = "example-partner"
CIRCLE: Final = "example-circle"

_FILTERS: Final = "filters: {reserved_allowed: [documentation]}\n"

_FILES: Final = {
    SINKHOLE: f"""\
# Two sinkholes of the observatory. Their own addresses are no secret, their name is shown.
extends: tocsin-ndjson
title: Sinkholes of the Example Observatory
files: ["sink-*.ndjson*"]
examples: {{takes: [sink-1-2026-11-22T00.ndjson.gz]}}
terms:
  tlp: amber
  credit: {{form: name, text: Example Observatory}}
  masked: []
{_FILTERS}""",
    HONEYPOTS: f"""\
# Four honeypots. Whoever learns where a honeypot stands can spare it: nobody does.
extends: tocsin-ndjson
title: Honeypots of the Example Observatory
files: ["pot-*.ndjson*", "dark-*.ndjson*"]
examples: {{takes: [pot-1-2026-11-22T00.ndjson.zst]}}
terms:
  tlp: amber
  credit: {{form: name, text: Example Observatory}}
  masked: [dst_ip, dst_hostname]
{_FILTERS}""",
    MONITOR: f"""\
# Listens in on botnets. What it says of controllers is reported for seven days.
extends: tocsin-ndjson
title: Botnet monitor of the Example Observatory
files: ["watch-*.ndjson*"]
examples: {{takes: [watch-1-2026-11-22T00.ndjson.gz]}}
terms:
  tlp: amber
  masked: []
max_age: 8 days
{_FILTERS}""",
    SPAM_TRAP: f"""\
extends: tocsin-ndjson
title: Spam traps of the Example Observatory
files: ["trap-*.ndjson"]
examples: {{takes: [trap-1-2026-11-22T00.ndjson]}}
terms:
  tlp: green
  masked: []
{_FILTERS}""",
    SANDBOX: f"""\
extends: tocsin-ndjson
title: Malware sandbox of the Example Observatory
files: ["box-*.ndjson*"]
examples: {{takes: [box-1-2026-11-22T00.ndjson.zst]}}
terms:
  tlp: green
  masked: []
{_FILTERS}""",
    PARTNER: f"""\
# A partner who scans the Internet for us, and does not want to be known for it.
extends: shadowserver-csv
title: Reports of a partner
files: ["*-example-partner-geo.csv"]
examples: {{takes: [2026-11-22-scan_telnet-example-partner-geo.csv]}}
terms:
  tlp: amber
  credit: {{form: label, text: partner-7}}
{_FILTERS}""",
    CIRCLE: f"""\
# A closed circle: what it gives is for the owners of the networks and for nobody else, not for
# national CERTs, not for published figures, and without saying where it comes from.
extends: shadowserver-csv
title: Reports of a closed circle
files: ["*-example-circle-asn.csv*"]
examples: {{takes: [2026-11-22-compromised_account-example-circle-asn.csv.gz]}}
terms:
  tlp: amber+strict
  owners: true
  national_certs: false
  statistics: false
  credit: {{form: hidden}}
{_FILTERS}""",
}

ALLOWED_NETWORK: Final = "203.0.113.224/29"
_ALLOW_LIST: Final = f"""\
what,reason,expires
{ALLOWED_NETWORK},scanners of the observatory itself: they mean well,2027-06-30
"""


def names() -> tuple[str, ...]:
    """The names of all sources, in the order in which their files are taken in."""
    return tuple(_FILES)


def write_sources(catalogue: Path) -> None:
    """Describe the sources in a home's catalogue folder."""
    folder = catalogue / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _FILES.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def write_policy(policy: Path) -> None:
    """Name the networks that are left alone."""
    policy.mkdir(parents=True, exist_ok=True)
    (policy / "allow.csv").write_text(_ALLOW_LIST, encoding="utf-8")
