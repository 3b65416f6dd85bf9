"""Service scans in four formats, from the scanner's file to records, by one set of rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.fakes.scan_rows import (
    EXAMPLES,
    MOMENT,
    Cells,
    account,
    censys,
    lines,
    nmap,
    port,
    records,
    shodan,
    take,
    zgrab,
)
from tests.fakes.small_home import SmallHome, report_names, rows_of

FORMATS = ("zgrab2", "shodan", "censys", "nmap")

KEX = "curve25519-sha256;diffie-hellman-group14-sha1"
FINGERPRINT = ":".join(["A1"] * 20)
CERTIFICATE = {"subject_common_name": "www.example.net", "issuer_common_name": "Example CA"}

PROVEN: Mapping[str, tuple[str, Cells]] = {
    "scan_ssh": (
        "zgrab2 shodan censys nmap",
        {
            "port": 22,
            "protocol": "tcp",
            "ip": "192.0.2.22",
            "tag": "ssh",
            "serverid_raw": "SSH-2.0-OpenSSH_8.9p1 Example-3",
            "available_kex": KEX,
            "available_ciphers": "aes128-ctr;3des-cbc",
            "available_mac": "hmac-sha2-256;hmac-sha1",
        },
    ),
    "scan6_ssh": ("zgrab2 shodan censys nmap", {"port": 22, "ip": "2001:db8::22"}),
    "scan_telnet": ("zgrab2 shodan censys nmap", {"port": 23, "tag": "telnet"}),
    "scan_ftp": ("zgrab2 shodan censys nmap", {"port": 21}),
    "scan_http": ("zgrab2 shodan censys nmap", {"port": 8080, "server": "lighttpd/1.4.59"}),
    "scan_ssl": ("shodan censys nmap", {"port": 443, "key_algorithm": "rsaEncryption"}),
    "scan_rdp": ("zgrab2 shodan censys nmap", {"port": 3389, **CERTIFICATE}),
    "scan_smb": ("zgrab2 shodan censys nmap", {"port": 445}),
    "scan_redis": ("zgrab2 shodan censys nmap", {"port": 6379, "version": "5.0.7"}),
    "scan_mongodb": ("zgrab2 shodan censys nmap", {"port": 27017, "version": "4.0.28"}),
    "scan_elasticsearch": (
        "zgrab2 shodan censys nmap",
        {"port": 9200, "version": "7.10.2", "cluster_name": "shop-search", "name": "node-1"},
    ),
    "scan_mysql": ("zgrab2 shodan censys nmap", {"port": 3306, "tag": "mysql"}),
    "scan_postgres": ("zgrab2 shodan censys nmap", {"port": 5432, "tag": "postgres"}),
    "scan_ntp": (
        "shodan nmap",
        {"port": 123, "protocol": "udp", "version": "ntpd 4.2.6p5", "system": "Linux/3.10.0"},
    ),
    "scan_ntpmonitor": ("zgrab2 shodan nmap", {"port": 123, "protocol": "udp"}),
    "scan_dns": ("zgrab2 shodan censys nmap", {"port": 53, "tag": "openresolver"}),
    "scan_snmp": ("zgrab2 shodan censys nmap", {"sysname": "gw161", "protocol": "udp"}),
    "scan_smtp": ("zgrab2 shodan censys nmap", {"port": 25}),
    "scan_imap": ("zgrab2 shodan censys nmap", {"port": 143}),
    "scan_pop3": ("zgrab2 shodan censys nmap", {"port": 110}),
    "scan_vnc": ("shodan censys nmap", {"port": 5900}),
    "scan6_ssl": ("censys", {"handshake": "TLSv1.3", "server_type": "nginx"}),
    "scan_ssl_poodle": ("zgrab2", {"handshake": "SSLv3", "tag": "ssl-poodle"}),
    "scan_ssl_freak": ("zgrab2", {"freak_cipher_suite": "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"}),
}
"""Report type -> the formats whose examples prove it, and what its record then says."""

BESIDE: Mapping[tuple[str, str], Cells] = {
    ("zgrab2", "scan_ftp"): {
        "banner": "220 NAS-200 FTP server ready.",
        "auth_tls_response": "234 AUTH TLS successful",
        "handshake": "TLSv1.2",
        "sha1_fingerprint": FINGERPRINT,
        "cert_serial_number": "123456789ABCDEF0",
        "ssl_version": "2",
    },
    ("zgrab2", "scan_http"): {"http_code": 401, "http_reason": "Unauthorized"},
    ("zgrab2", "scan_redis"): {
        "multiplexing_api": "epoll",
        "process_id": 812,
        "mode": "standalone",
    },
    ("zgrab2", "scan_mongodb"): {"visible_databases": "admin;shop", "bits": 64},
    ("zgrab2", "scan_mysql"): {"client_ssl": "Y", "mysql_protocol_version": 10},
    ("zgrab2", "scan_postgres"): {"protocol_error_code": "0A000", "startup_error_code": "28000"},
    ("zgrab2", "scan_smb"): {"smb_version_string": "SMB 2.1", "smb_major_number": 2},
    ("zgrab2", "scan_snmp"): {"community": "public", "version": "2", "response_size": 118},
    ("shodan", "scan_ssl"): {
        "handshake": "TLSv1.2",
        "cert_serial_number": "123456789ABCDEF0",
        "http_response_type": "HTTP/1.1",
        "www_authenticate": 'Basic realm="Router"',
        "sha1_fingerprint": FINGERPRINT,
    },
    ("shodan", "scan_http"): {"http_code": 401, "content_type": "text/html"},
    ("shodan", "scan_redis"): {"connected_clients": 3, "run_id": "6f7eaed4"},
    ("shodan", "scan_mongodb"): {"visible_databases": "admin;shop"},
    ("shodan", "scan_ntp"): {"stratum": 3, "refid": "203.0.113.12"},
    ("shodan", "scan_vnc"): {"banner": "RFB 003.008", "product": "VNC"},
    ("censys", "scan_smb"): {"smb_version_string": "SMB 3.1.1"},
    ("censys", "scan_http"): {"www_authenticate": 'Basic realm="Router"', "http_code": 401},
    ("censys", "scan_mysql"): {"client_ssl": "Y", "client_compress": "N"},
    ("censys", "scan_elasticsearch"): {
        "lucene_version": "8.7.0",
        "tagline": "You Know, for Search",
    },
    ("nmap", "scan_ssl"): {"sha1_fingerprint": FINGERPRINT, "cert_length": 2048, **CERTIFICATE},
    ("nmap", "scan_mongodb"): {"visible_databases": "admin;shop", "bits": 64},
    ("nmap", "scan_snmp"): {"community": "public", "sysdesc": "Example EX-100 router"},
    ("nmap", "scan_elasticsearch"): {"lucene_version": "8.7.0"},
}
"""What single formats say beyond that."""


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def everything(small: SmallHome) -> str:
    return json.dumps(records(small), default=str)


# --- what answers prove -----------------------------------------------------------------------


@pytest.mark.parametrize("source", FORMATS)
def test_each_service_of_a_format_becomes_the_record_that_it_proves(
    small: SmallHome, source: str
) -> None:
    piece = account(take(small, source, EXAMPLES[source]["content"].encode()))
    assert (piece.dropped, piece.rejected, piece.set_aside) == ({}, {}, {})
    found = records(small)
    expected = {kind for kind, (formats, _) in PROVEN.items() if source in formats.split()}
    assert set(found) == expected | ({"scan_ssl"} if source == "zgrab2" else set())
    for kind in expected:
        (row,) = found[kind]
        cells = {**PROVEN[kind][1], **BESIDE.get((source, kind), {})}
        assert {name: row[name] for name in cells} == cells
        assert not str(row["_rule"]).startswith("declared")


@pytest.mark.parametrize("source", FORMATS)
def test_a_format_tells_at_least_the_services_that_were_asked_for(source: str) -> None:
    told = {kind for kind, (formats, _) in PROVEN.items() if source in formats.split()}
    asked = "ssh telnet ftp http rdp smb redis mongodb elasticsearch mysql postgres dns snmp"
    assert {f"scan_{service}" for service in asked.split()} <= told


def test_of_a_web_server_that_leads_elsewhere_the_first_answer_counts(small: SmallHome) -> None:
    first = {"status_code": 301, "status_line": "301 Moved", "headers": {"server": ["first"]}}
    tls = {"handshake_log": {"server_hello": {"version": {"name": "TLSv1.2"}}}}
    last = {"status_code": 200, "headers": {"server": ["other"]}, "request": {"tls_log": tls}}
    result = {"response": last, "redirect_response_chain": [first]}
    account(take(small, "zgrab2", lines([zgrab("http", result)])))
    ((row,),) = records(small).values()
    assert (row["http_code"], row["server"], row["port"]) == (301, "first", 80)
    assert "other" not in everything(small)


def test_a_host_of_censys_is_taken_however_it_is_wrapped(small: SmallHome) -> None:
    host = censys("TELNET", banner="login:")
    new = {**host["services"][0], "protocol": "TELNET"}  # type: ignore[index]  # a list of one
    del new["service_name"]
    platform = {"ip": "192.0.2.9", "services": [new]}
    wrapped = [host, {"result": host}, {"resource": platform}, {"result": {"resource": platform}}]
    piece = account(take(small, "censys", lines([*wrapped, {"host": platform}])))
    assert piece.records == {"scan_telnet": 5}


def test_a_scanner_of_ones_own_and_what_extends_a_format_have_the_same_rules(
    small: SmallHome,
) -> None:
    text = "extends: zgrab2\ntitle: Our scans\nterms: {tlp: green}\n"
    small.write_source("our-scans", text)
    account(take(small, "our-scans", lines([zgrab("telnet", {"banner": "login:"})]), "x.json"))
    cells = {"timestamp": MOMENT, "ip": "192.0.2.9", "port": 23, "service": "Telnet"}
    account(take(small, "service-scan", lines([cells]), "service-scan.ndjson"))
    assert len(records(small)["scan_telnet"]) == 2


def test_in_the_morning_the_owner_has_a_report_of_each_service(small: SmallHome) -> None:
    take(small, "nmap", EXAMPLES["nmap"]["content"].encode())
    run = small.night()
    mine = {name for name in report_names(run) if name.endswith("-alpha-asn.csv")}
    told = {kind for kind, (formats, _) in PROVEN.items() if "nmap" in formats.split()}
    assert mine == {f"2026-11-22-{kind}-alpha-asn.csv" for kind in told - {"scan6_ssh"}}
    (row,) = rows_of(small, run, "2026-11-22-scan_ssl-alpha-asn.csv")
    assert (row["sha1_fingerprint"], row["severity"], row["asn"]) == (FINGERPRINT, "info", "64496")


# --- what proves nothing ----------------------------------------------------------------------


PROVES_NOTHING: Mapping[str, bytes] = {
    "zgrab2": lines(
        [
            zgrab("ssh", {}, "connection-timeout"),
            zgrab("telnet", {"banner": "x"}, "io-timeout"),
            zgrab("modbus", {"length": 1}),
            zgrab("redis", {"ping_response": "(Error: NOAUTH Authentication required.)"}),
            zgrab("ntp", {"version": 3, "time": MOMENT}),
            zgrab("ntp", {"monlist_header": {"num_items": 0}}),
            zgrab("dns", {"is_dns": True, "dns_recursion_enabled": False}),
            zgrab("ssh", {"server_id": {"raw": "HTTP/1.1 400 Bad Request"}}),
            {"ip": "192.0.2.9", "data": {}},
        ]
    ),
    "shodan": lines(
        [
            shodan("ssh", data="HTTP/1.1 400 Bad Request\r\n"),
            shodan("redis", data="-NOAUTH Authentication required."),
            shodan("elastic", data="HTTP/1.1 401 Unauthorized"),
            shodan("ntp", ntp={"stratum": 3}),
            shodan("dns-udp", dns={"recursive": False}),
            shodan("minecraft", data="x"),
        ]
    ),
    "censys": lines(
        [
            censys("UNKNOWN", banner="x"),
            censys("DNS", dns={"server_type": "AUTHORITATIVE"}),
            censys("NTP", ntp={"get_time_header": {"stratum": 3}}),
            censys("REDIS", redis={"ping_response": "(Error: NOAUTH Authentication required.)"}),
            {"ip": "192.0.2.9", "services": []},
        ]
    ),
    "nmap": nmap(
        port('name="ssh" method="table" conf="3"', 22),
        port('name="netbios-ssn" product="Microsoft Windows netbios-ssn" method="probed"', 139),
        port('name="redis" product="Redis key-value store" method="probed"', 6379),
        port('name="ntp" version="v4" method="probed"', 123, protocol="udp"),
        port('name="domain" product="ISC BIND" method="probed"', 53, protocol="udp"),
        '<port protocol="tcp" portid="81"><state state="open"/></port>',
    ),
}


@pytest.mark.parametrize("source", FORMATS)
def test_of_what_proves_nothing_nobody_is_told(small: SmallHome, source: str) -> None:
    piece = account(take(small, source, PROVES_NOTHING[source]))
    assert piece.dropped == {"no_rule": piece.rows}
    assert piece.rows > 4
    assert records(small) == {}


@pytest.mark.parametrize("source", FORMATS)
def test_a_machine_without_a_report_for_its_addresses_is_accounted_for(
    small: SmallHome, source: str
) -> None:
    six = "2001:db8::9"
    info = {"server": {"redis_version": "5.0.7"}}
    contents = {
        "zgrab2": lines([zgrab("redis", {"version": "5.0.7"}, ip=six)]),
        "shodan": lines([shodan("redis", ip_str=six, redis=info)]),
        "censys": lines(
            [{**censys("REDIS", redis={"info_response": {"redis_version": "5.0.7"}}), "ip": six}]
        ),
        "nmap": nmap(port('name="redis" version="5.0.7" method="probed"', 6379), ip=six),
    }
    piece = account(take(small, source, contents[source]))
    assert piece.rejected == {"wrong_family": 1}


# --- what is nobody's business ----------------------------------------------------------------


def test_what_a_scan_found_inside_of_a_machine_is_not_kept(small: SmallHome) -> None:
    secret = "customers-of-2026"
    take(
        small,
        "shodan",
        lines(
            [
                shodan(
                    "redis", redis={"server": {"redis_version": "5"}, "keys": {"data": [secret]}}
                ),
                shodan("elastic", version="7.1", elastic={"indices": {secret: {}}}, data=secret),
                shodan("rdp", screenshot={"data": secret}, opts={"screenshot": {"data": secret}}),
                shodan("http", http={"html": secret}, data=f"HTTP/1.1 200 OK\r\n\r\n{secret}"),
                shodan("mongodb", mongodb={"serverStatus": {"host": secret}}, data=secret),
                shodan("snmp", snmp={"versions": [1], "contact": secret}, data=secret),
            ]
        ),
    )
    take(
        small,
        "zgrab2",
        lines(
            [
                zgrab(
                    "redis",
                    {"commands": [f"AUTH {secret}"], "version": "5", "info_response": secret},
                ),
                zgrab("http", {"response": {"status_code": 200, "body": secret}}),
            ]
        ),
    )
    take(
        small,
        "censys",
        lines(
            [{**censys("SNMP", snmp={"oid_system": {"contact": secret}}), "whois": {"org": secret}}]
        ),
    )
    salt = f'<script id="mysql-info" output="{secret}"><elem key="Salt">{secret}</elem></script>'
    take(small, "nmap", nmap(port('name="mysql" method="probed"', 3306, salt)))
    assert sum(map(len, records(small).values())) == 10
    assert secret not in everything(small)
