"""Small databases in MaxMind's form, written from its specification (version 2.0)."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network

Value = str | int | list["Value"] | dict[str, "Value"]
BUILT = 1_795_305_600  # 2026-11-22T00:00:00Z
_MARK = b"\xab\xcd\xefMaxMind.com"
_ALIASES = ("::ffff:0:0/96", "2002::/16")
_EMPTY = -1
_UINT16, _UINT32, _UINT64 = 5, 6, 9


class _Tree:
    """A search tree; a fork holds two branches: a fork's number, `("data", n)`, or _EMPTY."""

    def __init__(self) -> None:
        self.forks: list[list[int | tuple[str, int]]] = [[_EMPTY, _EMPTY]]

    def put(self, bits: str, branch: int | tuple[str, int]) -> None:
        fork = self._way(bits[:-1])
        self.forks[fork][int(bits[-1])] = branch

    def fork_at(self, bits: str) -> int:
        """The fork at the end of a way, made if need be."""
        return self._way(bits)

    def _way(self, bits: str) -> int:
        fork = 0
        for bit in bits:
            branch = self.forks[fork][int(bit)]
            if not isinstance(branch, int) or branch == _EMPTY:
                self.forks.append([_EMPTY, _EMPTY])
                branch = len(self.forks) - 1
                self.forks[fork][int(bit)] = branch
            fork = branch
        return fork


def database(
    entries: Mapping[str, Value], *, kind: str = "Test-City", aliases: bool = True, size: int = 24
) -> bytes:
    """A database for both families: prefix -> entry; prefixes must not overlap.

    size: bits of a branch, 24 or 32. aliases: whether IPv6 leads into the IPv4 networks again.
    """
    tree, data = _Tree(), b""
    offsets: list[int] = []
    for prefix, entry in entries.items():
        tree.put(_bits(ip_network(prefix)), ("data", len(offsets)))
        offsets.append(len(data))
        data += encoded(entry)
    if aliases:
        v4 = tree.fork_at("0" * 96)
        for alias in _ALIASES:
            tree.put(_bits(IPv6Network(alias)), v4)
    return whole(_tree_bytes(tree, offsets, size), len(tree.forks), data, kind=kind, size=size)


def whole(tree: bytes, forks: int, data: bytes, *, kind: str, size: int) -> bytes:
    """The file of a tree and its data."""
    label = {
        "binary_format_major_version": _number(2, _UINT16),
        "binary_format_minor_version": _number(0, _UINT16),
        "build_epoch": _number(BUILT, _UINT64),
        "database_type": encoded(kind),
        "description": encoded({"en": "a test"}),
        "ip_version": _number(6, _UINT16),
        "languages": encoded(["en"]),
        "node_count": _number(forks, _UINT32),
        "record_size": _number(size, _UINT16),
    }
    said = b"".join(encoded(key) + value for key, value in label.items())
    return tree + bytes(16) + data + _MARK + _control(7, len(label)) + said


def _tree_bytes(tree: _Tree, offsets: list[int], size: int) -> bytes:
    count, made = len(tree.forks), b""
    for fork in tree.forks:
        for branch in fork:
            if isinstance(branch, tuple):
                number = count + 16 + offsets[branch[1]]
            else:
                number = count if branch == _EMPTY else branch
            made += number.to_bytes(size // 8, "big")
    return made


def _bits(network: IPv4Network | IPv6Network) -> str:
    number = int(network.network_address)
    length = network.prefixlen + (96 if network.version == 4 else 0)
    return f"{number:0128b}"[:length]


def encoded(value: Value) -> bytes:
    """A value of the data section."""
    if isinstance(value, str):
        text = value.encode()
        return _control(2, len(text)) + text
    if isinstance(value, dict):
        inner = b"".join(encoded(key) + encoded(each) for key, each in value.items())
        return _control(7, len(value)) + inner
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(encoded, value))
    return _number(value, _UINT64 if value >> 32 else _UINT32)


def _number(value: int, kind: int) -> bytes:
    packed = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return _control(kind, len(packed)) + packed


def _control(kind: int, size: int) -> bytes:
    """What a value is and how long: sizes up to 28 in the first byte, up to 284 in another."""
    first, rest = (size, b"") if size < 29 else (29, bytes([size - 29]))
    if kind > 7:
        return bytes([first, kind - 7]) + rest
    return bytes([kind << 5 | first]) + rest
