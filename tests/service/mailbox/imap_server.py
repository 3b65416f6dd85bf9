"""An IMAP server for one mailbox on the loopback interface, as small as a client lets it be."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PASSWORD = "let me in"


@dataclass(slots=True)
class Box:
    """Messages by number, which of them are seen, and which were moved where."""

    messages: dict[int, bytes]
    seen: set[int] = field(default_factory=set)
    moved: dict[int, str] = field(default_factory=dict)
    hangs_up_at: str = ""


@contextmanager
def imap_server(box: Box) -> Iterator[int]:
    """Serve it; the port."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("* OK ready")
            for line in self.rfile:
                tag, command, *rest = line.decode().strip().split(" ", 2)
                words = rest[0] if rest else ""
                if box.hangs_up_at and box.hangs_up_at in line.decode():
                    return
                self.answer(tag, command.upper(), words)
                if command.upper() == "LOGOUT":
                    return

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

        def answer(self, tag: str, command: str, words: str) -> None:
            if command == "CAPABILITY":
                self.say("* CAPABILITY IMAP4REV1 MOVE")
            elif command == "LOGIN" and PASSWORD not in words:
                self.say(f"{tag} NO wrong password")
                return
            elif command == "SELECT" and "INBOX" not in words:
                self.say(f"{tag} NO no such folder")
                return
            elif command == "SELECT":
                self.say(f"* {len(box.messages)} EXISTS")
            elif command == "LOGOUT":
                self.say("* BYE")
            elif command == "UID":
                self.uid(*words.split(" ", 1))
            self.say(f"{tag} OK done")

        def uid(self, command: str, words: str) -> None:
            if command.upper() == "SEARCH":
                unseen = set(box.messages) - box.seen - set(box.moved)
                self.say(f"* SEARCH {' '.join(map(str, sorted(unseen)))}")
                return
            first, _, rest = words.partition(" ")
            number = int(first)
            if command.upper() == "STORE":
                assert "SEEN" in rest.upper()
                box.seen.add(number)
            elif command.upper() == "MOVE":
                box.moved[number] = rest.strip('"')
            elif command.upper() == "FETCH":
                self.fetch(number, rest)

        def fetch(self, number: int, what: str) -> None:
            raw = box.messages[number]
            if "SIZE" in what:
                self.say(f"* 1 FETCH (UID {number} RFC822.SIZE {len(raw)})")
                return
            assert "PEEK" in what
            part = re.split(rb"(?<=\r\n\r\n)", raw, maxsplit=1)[0] if "HEADER" in what else raw
            self.wfile.write(b"* 1 FETCH (UID %d BODY[] {%d}\r\n" % (number, len(part)))
            self.wfile.write(part + b")\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client may go at any time."""

    with Server(("127.0.0.1", 0), Session) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
