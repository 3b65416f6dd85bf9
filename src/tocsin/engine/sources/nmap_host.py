"""One host of nmap's results, put together from its elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

_MOST_CHARACTERS = 1 << 22
_MOST_LEVELS = 6
_MOST_WORD = 200
"""What is said of a host stands in each of its rows."""

_OPEN: Final = "open"
_SERVICE: Final = ("name", "product", "version", "extrainfo", "ostype", "devicetype", "hostname")
_MORE_OF_SERVICE: Final = ("tunnel", "conf")

Said = dict[str, object]


class NmapHost:
    """Takes the elements within `host`. line: that of the file on which it begins.

    A row has `ip`, `mac`, `hostname` by its kind (`ptr`, `user`), `start` of the scan, `starttime`
    and `endtime` of the host, `os`, `protocol`, `port`, `reason`, `service` by how it was found
    (`probed`, `table`), and `scripts` by their names. Scripts that ran against the host as a whole
    are left out: what they say is of no port.
    """

    def __init__(self, attributes: Mapping[str, str], line: int, start: str) -> None:
        self.line = line
        self.fault = ""
        self._size = 0
        times = {name: attributes.get(name, "") for name in ("starttime", "endtime")}
        self._said: Said = {"start": start, **times}
        self._ports: list[tuple[int, Said]] = []
        self._port: Said | None = None
        self._open = False
        self._service: Said = {}
        self._within: list[Said] = []
        self._passed = 0
        self._key = ""
        self._text: list[str] | None = None

    @property
    def name(self) -> str:
        """Its address, as far as it was said."""
        return str(self._said.get("ip", "of which no address is said"))

    def rows(self) -> Iterator[tuple[int, Said]]:
        """The open ports in their order, each with the line on which it begins."""
        said = {name: value for name, value in self._said.items() if value}
        for line, port in self._ports:
            yield line, {**said, **port}

    def give_up(self, why: str) -> None:
        """Keep nothing of it."""
        if not self.fault:
            self.fault = why
            self._ports, self._within, self._text = [], [], None

    def element(self, name: str, attributes: Mapping[str, str], line: int) -> None:
        """An element within it begins."""
        if not self._has_room(sum(map(len, attributes.values()))):
            return
        if self._within or self._passed:
            self._within_script(name, attributes)
        elif self._port is not None:
            self._of_port(name, attributes)
        elif name == "port":
            self._port, self._open = _port(attributes), False
            self._ports.append((line, self._port))
        else:
            self._of_host(name, attributes)

    def text(self, data: str) -> None:
        """Text within an element."""
        if self._text is not None and self._has_room(len(data)):
            self._text.append(data)

    def ended(self, name: str) -> None:
        """An element within it ends."""
        if self.fault:
            return
        if self._passed:
            self._passed -= 1
        elif self._text is not None:
            self._ended_text(name, "".join(self._text))
        elif self._within:
            self._within.pop()
        elif name == "port" and self._port is not None:
            if not self._open:
                self._ports.pop()
            self._port = None

    def _has_room(self, characters: int) -> bool:
        self._size += characters
        if self._size > _MOST_CHARACTERS:
            self.give_up(f"more than {_MOST_CHARACTERS} characters")
        return not self.fault

    def _of_host(self, name: str, attributes: Mapping[str, str]) -> None:
        found: Said = {}
        if name == "address":
            kind = attributes.get("addrtype", "")
            found["mac" if kind == "mac" else "ip"] = attributes.get("addr", "")
        elif name == "hostname":
            kind = attributes.get("type", "").lower()
            names = self._said.setdefault("hostname", {})
            if isinstance(names, dict) and kind in ("ptr", "user"):
                names.setdefault(kind, attributes.get("name", "")[:_MOST_WORD])
        elif name == "osmatch":
            found["os"] = attributes.get("name", "")[:_MOST_WORD]
        for key, value in found.items():
            self._said.setdefault(key, value)

    def _of_port(self, name: str, attributes: Mapping[str, str]) -> None:
        assert self._port is not None  # noqa: S101 - who calls has looked
        if name == "state":
            self._open = attributes.get("state") == _OPEN
            self._port["reason"] = attributes.get("reason", "")
        elif name == "service":
            keys = (*_SERVICE, *_MORE_OF_SERVICE)
            self._service = {key: attributes[key] for key in keys if key in attributes}
            self._port["service"] = {attributes.get("method", "table"): self._service}
        elif name == "cpe":
            self._text = []
        elif name == "script":
            scripts = self._port.setdefault("scripts", {})
            found: Said = {"output": attributes.get("output", "")}
            if isinstance(scripts, dict):
                scripts[attributes.get("id", "")] = found
            self._within = [found]

    def _within_script(self, name: str, attributes: Mapping[str, str]) -> None:
        """`elem` is a value and `table` holds some, by their keys or else by their places."""
        self._key = attributes.get("key", "")
        if name == "elem" and not self._passed:
            self._text = []
        elif name == "table" and not self._passed and len(self._within) < _MOST_LEVELS:
            made: Said = {}
            self._add(made)
            self._within.append(made)
        else:
            self._passed += 1

    def _ended_text(self, name: str, text: str) -> None:
        self._text = None
        if name == "cpe":
            found = self._service.setdefault("cpe", [])
            if isinstance(found, list):
                found.append(text)
        else:
            self._add(text)

    def _add(self, value: object) -> None:
        within = self._within[-1]
        within.setdefault(self._key or str(len(within)), value)


def _port(attributes: Mapping[str, str]) -> Said:
    return {"protocol": attributes.get("protocol", ""), "port": attributes.get("portid", "")}
