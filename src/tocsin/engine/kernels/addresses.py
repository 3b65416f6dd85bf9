"""Addresses out of a column of text, as nearly all programs write them.

Read are IPv4 as four decimals, and IPv6 as groups of hexadecimals with or without `::`; what else
there is (blanks around it, IPv4 within IPv6, anything that is no address) is left to the reader
of single texts, `parse_address`.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.kernels.compiled import NO_PLACE, ONE, Place, compiled
from tocsin.model.address import Addresses

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]

_DOT, _COLON, _ZERO, _NINE, _A, _F, _LOWER_CASE = 0x2E, 0x3A, 0x30, 0x39, 0x61, 0x66, 0x20
_MAPPED = np.uint64(0xFFFF << 32)
_FOUR, _EIGHT, _TEN, _SIXTEEN = np.uint64(4), np.uint64(8), np.uint64(10), np.uint64(16)
_MOST_OCTET, _GROUPS = np.uint64(255), 8
_THREE_GROUPS = np.uint64(48)
_LONGEST_V4, _LONGEST_V6 = np.uint64(15), np.uint64(39)


@compiled
def _read_v4(data: Bytes, at: Place, end: Place) -> tuple[bool, np.uint64]:
    value = octet = np.uint64(0)
    dots, digits, first = 0, 0, np.uint8(0)
    while at < end:
        letter = data[at]
        at += ONE
        if _ZERO <= letter <= _NINE:
            if digits == 0:
                first = letter
            elif first == _ZERO:
                return False, value
            octet = octet * _TEN + np.uint64(letter - np.uint8(_ZERO))
            digits += 1
            if octet > _MOST_OCTET:
                return False, value
        elif letter == _DOT and digits > 0 and dots < 3:
            value = (value << _EIGHT) | octet
            octet = np.uint64(0)
            digits = 0
            dots += 1
        else:
            return False, value
    sound: bool = dots == 3 and digits > 0
    return sound, (value << _EIGHT) | octet


@compiled
def _hexadecimal(letter: np.uint8) -> int:
    """The value of a digit, -1 if it is none."""
    if _ZERO <= letter <= _NINE:
        return int(letter) - _ZERO
    lower = letter | np.uint8(_LOWER_CASE)
    if _A <= lower <= _F:
        return int(lower) - _A + 10
    return -1


@compiled
def _gap_at(data: Bytes, at: Place, end: Place) -> bool:
    if at + ONE >= end:
        return False
    return bool(data[at] == _COLON) and bool(data[at + ONE] == _COLON)


@compiled
def _group(data: Bytes, at: Place, end: Place) -> tuple[Place, np.uint64]:
    """Up to four digits: where they end, NO_PLACE if there are none or more; their value."""
    value, digits = np.uint64(0), 0
    while at < end and digits < 5:
        digit = _hexadecimal(data[at])
        if digit < 0:
            break
        value = (value << _FOUR) | np.uint64(digit)
        digits += 1
        at += ONE
    return (at if 0 < digits < 5 else NO_PLACE), value


@compiled
def _read_v6(data: Bytes, at: Place, end: Place) -> tuple[bool, np.uint64, np.uint64]:
    zero, two = np.uint64(0), Place(2)
    hi = lo = zero
    # What stands before the gap, once there is one; `hi` and `lo` are then what stands behind.
    head_hi = head_lo = zero
    groups, gap = 0, -1
    if _gap_at(data, at, end):
        gap = 0
        at += two
    elif at == end:
        return False, zero, zero
    while at < end:
        at, value = _group(data, at, end)
        if at == NO_PLACE or groups == _GROUPS:
            return False, zero, zero
        hi = (hi << _SIXTEEN) | (lo >> _THREE_GROUPS)
        lo = (lo << _SIXTEEN) | value
        groups += 1
        if at < end:
            if _gap_at(data, at, end) and gap < 0:
                gap = groups
                head_hi, head_lo = hi, lo
                hi = lo = zero
                at += two
            elif data[at] == _COLON and at + ONE < end:
                at += ONE
            else:
                return False, zero, zero
    if gap < 0 or groups == _GROUPS:
        return gap < 0 and groups == _GROUPS, hi, lo
    for _ in range(_GROUPS - gap):
        head_hi = (head_hi << _SIXTEEN) | (head_lo >> _THREE_GROUPS)
        head_lo = head_lo << _SIXTEEN
    return True, head_hi | hi, head_lo | lo


@compiled
def _is_shortest(data: Bytes, at: Place, end: Place) -> bool:  # noqa: PLR0911, PLR0912 - letters
    """Whether an IPv6 address that has been read is written as RFC 5952 asks.

    Small letters, no zeros in front, and the longest row of zero groups, the first of several,
    as `::` if it has two or more. Those that begin with `::` count as not: some end with dots.
    """
    groups, before_gap, before, after, zeros, digits = 0, 0, 0, 0, 0, 0
    gap = False
    first = np.uint8(_COLON)
    if data[at] == _COLON:
        return False
    while at <= end:
        letter = data[at] if at < end else np.uint8(_COLON)
        if letter != _COLON:
            if _A & ~_LOWER_CASE <= letter <= _F & ~_LOWER_CASE:
                return False
            if digits == 0:
                first = letter
            digits += 1
        elif digits > 0:
            if first == _ZERO and digits > 1:
                return False
            groups += 1
            zeros = zeros + 1 if first == _ZERO else 0
            if gap:
                after = max(after, zeros)
                if zeros > 0 and groups == zeros + before_gap:
                    return False
            else:
                before = max(before, zeros)
            digits = 0
        elif at < end:
            if zeros > 0:
                return False
            gap, before_gap, zeros = True, groups, 0
        at += ONE
    if gap:
        left_out = _GROUPS - groups
        return left_out > 1 and before < left_out and after <= left_out
    return before < 2


@compiled
def _read_all(
    data: Bytes,
    bounds: NDArray[np.int32],
    hi: Words,
    lo: Words,
    read: NDArray[np.bool_],
    shortest: NDArray[np.bool_],
) -> None:
    for row in range(Place(len(read))):
        at, end = Place(bounds[row]), Place(bounds[row + ONE])
        size = end - at
        if size <= _LONGEST_V4:
            read[row], value = _read_v4(data, at, end)
            if read[row]:
                lo[row] = _MAPPED | value
                shortest[row] = True
                continue
        if size <= _LONGEST_V6:
            read[row], hi[row], lo[row] = _read_v6(data, at, end)
            shortest[row] = read[row] and _is_shortest(data, at, end)


def read_addresses(texts: pa.StringArray) -> tuple[Addresses, NDArray[np.bool_]]:
    """The addresses of a column, and which of its rows were read; the others hold zeros.

    A row that was not read is no address, or one that is written in a rarer way, or null.
    """
    addresses, read, _ = read_written(texts)
    return addresses, read


def read_written(
    texts: pa.StringArray,
) -> tuple[Addresses, NDArray[np.bool_], NDArray[np.bool_]]:
    """As `read_addresses`; and which rows are written as Tocsin writes addresses, of some not."""
    _, offsets, content = texts.buffers()
    rows, begin = len(texts), texts.offset
    bounds = np.frombuffer(offsets, np.int32, count=rows + 1, offset=4 * begin)
    data = np.frombuffer(content or b"", np.uint8)
    hi, lo = np.zeros(rows, np.uint64), np.zeros(rows, np.uint64)
    read = np.zeros(rows, np.bool_)
    shortest = np.zeros(rows, np.bool_)
    _read_all(data, bounds, hi, lo, read, shortest)
    if texts.null_count:
        present = np.asarray(texts.is_valid())
        read &= present
        hi, lo = np.where(present, hi, 0), np.where(present, lo, 0)
    return Addresses(hi, lo), read, read & shortest
