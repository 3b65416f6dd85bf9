"""A name server on this machine, over UDP and TCP, with dials for what goes wrong in the DNS."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = dict[tuple[str, str], list[str]]
"""By name and type, as a zone file writes them: `("example.org", "MX"): ["10 a.example.org."]`."""


@dataclass(slots=True)
class DnsDials:
    """How it behaves; turn them at any time."""

    dead: bool = False
    """It takes questions and never answers."""
    failing: bool = False
    """It answers SERVFAIL, as a resolver does for a zone that is broken."""
    refuse: int = 0
    """How many of the next questions are not answered."""
    truncate: bool = False
    """It says over UDP that the answer is too long for UDP."""
    lying: Literal["", "other name", "other id", "noise"] = ""
    """It answers another question, as a forger would, or with what is no message."""


@dataclass(slots=True)
class FakeDns:
    """A running server. asked: name and type of each question, and over what it came."""

    host: str
    port: int
    records: Records
    dials: DnsDials = field(default_factory=DnsDials)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def place(self) -> str:
        """What the configuration says as `proof.resolver`."""
        return f"{self.host}:{self.port}"

    def answer(self, wire: bytes, over: str) -> bytes | None:
        """The answer to a question, or none."""
        try:
            asked = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        question = asked.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), question.rdtype
        self.asked.append((name, dns.rdatatype.to_text(kind), over))
        if self.dials.dead:
            return None
        if self.dials.refuse > 0:
            self.dials.refuse -= 1
            return None
        if self.dials.lying == "noise":
            return b"\x00" * 7
        return self._said(asked, name, kind, over).to_wire()

    def _said(
        self, asked: dns.message.Message, name: str, kind: dns.rdatatype.RdataType, over: str
    ) -> dns.message.Message:
        said = dns.message.make_response(asked)
        said.flags |= dns.flags.RA
        if self.dials.failing:
            said.set_rcode(dns.rcode.SERVFAIL)
            return said
        if self.dials.truncate and over == "udp":
            said.flags |= dns.flags.TC
            return said
        shown = "forged.example.net" if self.dials.lying == "other name" else name
        if self.dials.lying == "other id":
            said.id = (said.id + 1) & 0xFFFF
        texts = self.records.get((name, dns.rdatatype.to_text(kind)), [])
        if texts:
            owner = dns.name.from_text(shown)
            said.answer.append(
                dns.rrset.from_text(owner, 60, "IN", dns.rdatatype.to_text(kind), *texts)
            )
        elif not any(known == name for known, _ in self.records):
            said.set_rcode(dns.rcode.NXDOMAIN)
        return said


@contextmanager
def fake_dns(records: Records, port: int = 0) -> Iterator[FakeDns]:
    """A name server on a port of the loopback address, the same for UDP and TCP."""
    with _Tcp(("127.0.0.1", port), _OverTcp) as tcp:
        host, chosen = tcp.server_address[:2]
        with _Udp((str(host), int(chosen)), _OverUdp) as udp:
            tcp.fake = udp.fake = FakeDns(str(host), int(chosen), records)
            threads = [
                threading.Thread(target=each.serve_forever, kwargs={"poll_interval": 0.01})
                for each in (tcp, udp)
            ]
            for thread in threads:
                thread.start()
            try:
                yield udp.fake
            finally:
                for server in (tcp, udp):
                    server.shutdown()
                for thread in threads:
                    thread.join()


class _Tcp(socketserver.ThreadingTCPServer):
    fake: FakeDns
    allow_reuse_address = True
    daemon_threads = True


class _Udp(socketserver.ThreadingUDPServer):
    fake: FakeDns
    daemon_threads = True


class _OverTcp(socketserver.StreamRequestHandler):
    server: _Tcp

    def handle(self) -> None:
        """One question, one answer."""
        (length,) = struct.unpack("!H", self.rfile.read(2))
        answer = self.server.fake.answer(self.rfile.read(length), "tcp")
        if answer is not None:
            self.wfile.write(struct.pack("!H", len(answer)) + answer)


class _OverUdp(socketserver.DatagramRequestHandler):
    server: _Udp

    def handle(self) -> None:
        """One question, one answer."""
        answer = self.server.fake.answer(self.rfile.read(), "udp")
        if answer is not None:
            self.wfile.write(answer)
