"""Messages that come back, as files in the forms of many servers; each name tells what one is.

`failed-no_address_definite-postfix` is an action, a cause (beyond doubt) and whose form it has;
`not-REASON-...` gives nothing back; `complaint-TYPE-...` is a complaint. `{return_path}`,
`{message_id}` and `{address}` in them stand for those of our message.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.eml"))

MESSAGE_ID = f"<tocsin.{'0123456789abcdef' * 2}@tocsin.example.org>"
RETURN_PATH = "bounces+12=abcDEF123456@tocsin.example.org"
ADDRESS = "noc@example.org"


@dataclass(frozen=True, slots=True)
class Ours:
    """The message of ours that comes back."""

    return_path: str = RETURN_PATH
    message_id: str = MESSAGE_ID
    address: str = ADDRESS


def sample(name: str, ours: Ours | None = None) -> bytes:
    """One of them, about that message."""
    found = next(each for each in CORPUS if each.stem == name or each.stem.endswith(f"-{name}"))
    return filled(found, ours or Ours())


def filled(path: Path, ours: Ours) -> bytes:
    """The file, about that message."""
    raw = path.read_bytes()
    for each in ("return_path", "message_id", "address"):
        raw = raw.replace(b"{%s}" % each.encode(), getattr(ours, each).encode())
    return raw
