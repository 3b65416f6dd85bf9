"""BLAKE2b-128 (RFC 7693, no key, no salt) of many messages: `prefix record suffix`, one each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.kernels.compiled import Place, compiled

Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
Sixteen = Any
"""A tuple of sixteen words."""

_START = np.array(
    [
        0x6A09E667F3BCC908,
        0xBB67AE8584CAA73B,
        0x3C6EF372FE94F82B,
        0xA54FF53A5F1D36F1,
        0x510E527FADE682D1,
        0x9B05688C2B3E6C1F,
        0x1F83D9ABFB41BD6B,
        0x5BE0CD19137E2179,
    ],
    np.uint64,
)
_BLOCK = 128
_DIGEST = 16
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_PARAMETERS = np.uint64(0x01010000 | _DIGEST)


@compiled
def _turn(word: np.uint64, bits: int) -> np.uint64:
    return (word >> np.uint64(bits)) | (word << np.uint64(64 - bits))


@compiled
def _mix(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64, x: np.uint64, y: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    a = a + b + x
    d = _turn(d ^ a, 32)
    c = c + d
    b = _turn(b ^ c, 24)
    a = a + b + y
    d = _turn(d ^ a, 16)
    c = c + d
    b = _turn(b ^ c, 63)
    return a, b, c, d


@compiled
def _take(m: Words, *places: int) -> Sixteen:
    """Words of the message in the order of a turn."""
    a, b, c, d, e, f, g, h, i, j, k, n, o, p, q, r = places
    first = m[a], m[b], m[c], m[d], m[e], m[f], m[g], m[h]
    return *first, m[i], m[j], m[k], m[n], m[o], m[p], m[q], m[r]


@compiled
def _turn_all(v: Sixteen, m: Sixteen) -> Sixteen:
    """One turn over the sixteen words of the state, columns first, then diagonals."""
    v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15 = v
    v0, v4, v8, v12 = _mix(v0, v4, v8, v12, m[0], m[1])
    v1, v5, v9, v13 = _mix(v1, v5, v9, v13, m[2], m[3])
    v2, v6, v10, v14 = _mix(v2, v6, v10, v14, m[4], m[5])
    v3, v7, v11, v15 = _mix(v3, v7, v11, v15, m[6], m[7])
    v0, v5, v10, v15 = _mix(v0, v5, v10, v15, m[8], m[9])
    v1, v6, v11, v12 = _mix(v1, v6, v11, v12, m[10], m[11])
    v2, v7, v8, v13 = _mix(v2, v7, v8, v13, m[12], m[13])
    v3, v4, v9, v14 = _mix(v3, v4, v9, v14, m[14], m[15])
    return v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15


@compiled
def _compress(h: Words, m: Words, count: Place, final: bool) -> None:
    last = _START[6] ^ _ALL if final else _START[6]
    v = (
        *(h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]),
        *(_START[0], _START[1], _START[2], _START[3]),
        *(_START[4] ^ count, _START[5], last, _START[7]),
    )
    # The order of the words in each of the twelve turns, written out: a table of it would be
    # read again for every block, which costs a third of the time.
    v = _turn_all(v, _take(m, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
    v = _turn_all(v, _take(m, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3))
    v = _turn_all(v, _take(m, 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4))
    v = _turn_all(v, _take(m, 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8))
    v = _turn_all(v, _take(m, 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13))
    v = _turn_all(v, _take(m, 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9))
    v = _turn_all(v, _take(m, 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11))
    v = _turn_all(v, _take(m, 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10))
    v = _turn_all(v, _take(m, 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5))
    v = _turn_all(v, _take(m, 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0))
    v = _turn_all(v, _take(m, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
    v = _turn_all(v, _take(m, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3))
    for word in range(8):
        h[word] ^= v[word] ^ v[word + 8]


@compiled
def _fill(block: Bytes, filled: Place, data: Bytes, at: Place, size: Place) -> None:
    for place in range(size):
        block[filled + place] = data[at + place]


@compiled
def _digest_all(
    data: Bytes,
    begins: NDArray[np.uint64],
    ends: NDArray[np.uint64],
    prefix: Bytes,
    suffix: Bytes,
    start: Words,
    block: Bytes,
    words: Words,
    out: Words,
) -> None:
    h = np.empty(8, np.uint64)
    whole, none = Place(_BLOCK), Place(0)
    for row in range(Place(len(begins))):
        for word in range(Place(8)):
            h[word] = start[word]
        done = filled = none
        for part in range(3):
            piece, at, left = prefix, none, Place(len(prefix))
            if part == 1:
                piece, at, left = data, begins[row], ends[row] - begins[row]
            if part == 2:
                piece, at, left = suffix, none, Place(len(suffix))
            while left:
                if filled == whole:
                    done += whole
                    _compress(h, words, done, False)
                    filled = none
                size = min(left, whole - filled)
                _fill(block, filled, piece, at, size)
                filled += size
                at += size
                left -= size
        for place in range(filled, whole):
            block[place] = 0
        _compress(h, words, done + filled, True)
        out[row, 0] = h[0]
        out[row, 1] = h[1]


def digests(
    data: Bytes,
    begins: NDArray[np.uint64],
    ends: NDArray[np.uint64],
    prefix: bytes,
    suffix: bytes,
    *,
    person: bytes = b"",
) -> Words:
    """BLAKE2b-128 of `prefix data[begins:ends] suffix`, two little-endian words a row, `(n, 2)`.

    `person`: 16 bytes that part hashes for one use from those for another, or nothing.
    """
    block = np.zeros(_BLOCK, np.uint8)
    out = np.empty((len(begins), 2), np.uint64)
    start = _START.copy()
    start[0] ^= _PARAMETERS
    start[6:] ^= np.frombuffer(person.ljust(16, b"\0"), np.uint64)
    _digest_all(
        data,
        begins,
        ends,
        np.frombuffer(prefix, np.uint8),
        np.frombuffer(suffix, np.uint8),
        start,
        block,
        block.view(np.uint64),
        out,
    )
    return out
