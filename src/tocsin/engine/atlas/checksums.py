"""Checksum files of publishers: `MD5 (name) = digest`, `digest  name`, or a digest alone."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_DIGEST = re.compile(r"\b([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128})\b")


def digest_for(text: str, name: str) -> str:
    """The digest that a checksum file gives for a file, in lower case.

    A line that names the file counts; else the only digest there is, since what is published as
    `latest` has another name there. ValueError if there is none, or no telling which.
    """
    found = [(line, _DIGEST.search(line)) for line in text.splitlines()]
    lines = [(line, digest.group(1).lower()) for line, digest in found if digest]
    named = {digest for line, digest in lines if name in re.split(r"[\s()*]+", line)}
    every = named or {digest for _, digest in lines}
    if len(every) != 1:
        what = "several digests" if every else "no digest"
        raise ValueError(f"the checksum file has {what} for {name}")
    return every.pop()


def has_digest(path: Path, digest: str) -> bool:
    """Whether a file has that digest; its length tells of which kind it is."""
    kind = _BY_LENGTH[len(digest)]
    # Against damage, not against an attacker: the checksum comes the same way as the file.
    found = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            found.update(piece)
    return found.hexdigest() == digest
