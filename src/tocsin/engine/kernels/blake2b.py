"""BLAKE2b-128 (RFC 7693, no key, no salt) of many messages: `prefix record suffix`, one each.

Eight messages are hashed side by side, so that one instruction does the same to all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.kernels.compiled import ONE, Place, compiled

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
LANES = Place(8)
"""So many messages are hashed at a time, the words of each a lane."""

_WORDS, _COUNT, _LAST, _ROWS = 8, 24, 25, 26
"""Rows of the state, of a word a lane each: eight of the hash, from _WORDS on sixteen of the
block, the bytes taken in with it, and whether it is the last (all ones)."""

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
def _word(state: Words, row: int, lane: int) -> np.uint64:
    word: np.uint64 = state[Place(row) * LANES + lane]
    return word


@compiled
def _take(state: Words, lane: int, *places: int) -> Sixteen:
    """Words of a lane's block in the order of a turn."""
    a, b, c, d, e, f, g, h, i, j, k, n, o, p, q, r = places
    first = (
        _word(state, _WORDS + a, lane),
        _word(state, _WORDS + b, lane),
        _word(state, _WORDS + c, lane),
        _word(state, _WORDS + d, lane),
        _word(state, _WORDS + e, lane),
        _word(state, _WORDS + f, lane),
        _word(state, _WORDS + g, lane),
        _word(state, _WORDS + h, lane),
    )
    return (
        *first,
        _word(state, _WORDS + i, lane),
        _word(state, _WORDS + j, lane),
        _word(state, _WORDS + k, lane),
        _word(state, _WORDS + n, lane),
        _word(state, _WORDS + o, lane),
        _word(state, _WORDS + p, lane),
        _word(state, _WORDS + q, lane),
        _word(state, _WORDS + r, lane),
    )


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
def _begun(state: Words, lane: int) -> Sixteen:
    """The sixteen words that a lane's turns begin with."""
    h = (
        _word(state, 0, lane),
        _word(state, 1, lane),
        _word(state, 2, lane),
        _word(state, 3, lane),
        _word(state, 4, lane),
        _word(state, 5, lane),
        _word(state, 6, lane),
        _word(state, 7, lane),
    )
    count, last = _START[4] ^ _word(state, _COUNT, lane), _START[6] ^ _word(state, _LAST, lane)
    return *h, _START[0], _START[1], _START[2], _START[3], count, _START[5], last, _START[7]


@compiled
def _compress(state: Words) -> None:
    """Take in a block of every lane.

    The compiler does all lanes at once, with registers of as many words as the processor has, as
    long as the loop has nothing in it but numbers at distances known beforehand.
    """
    for lane in range(LANES):
        v = _begun(state, lane)
        # The order of the words in each of the twelve turns, written out: a table of it would be
        # read again for every block, which costs a third of the time.
        v = _turn_all(v, _take(state, lane, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
        v = _turn_all(v, _take(state, lane, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3))
        v = _turn_all(v, _take(state, lane, 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4))
        v = _turn_all(v, _take(state, lane, 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8))
        v = _turn_all(v, _take(state, lane, 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13))
        v = _turn_all(v, _take(state, lane, 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9))
        v = _turn_all(v, _take(state, lane, 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11))
        v = _turn_all(v, _take(state, lane, 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10))
        v = _turn_all(v, _take(state, lane, 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5))
        v = _turn_all(v, _take(state, lane, 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0))
        v = _turn_all(v, _take(state, lane, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
        v = _turn_all(v, _take(state, lane, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3))
        state[lane] ^= v[0] ^ v[8]
        state[LANES + lane] ^= v[1] ^ v[9]
        state[Place(2) * LANES + lane] ^= v[2] ^ v[10]
        state[Place(3) * LANES + lane] ^= v[3] ^ v[11]
        state[Place(4) * LANES + lane] ^= v[4] ^ v[12]
        state[Place(5) * LANES + lane] ^= v[5] ^ v[13]
        state[Place(6) * LANES + lane] ^= v[6] ^ v[14]
        state[Place(7) * LANES + lane] ^= v[7] ^ v[15]


@compiled
def _lay(
    block: Bytes, taken: Place, data: Bytes, begin: Place, length: Place, start: Place
) -> None:
    """Of a piece that begins at `start` of its message what lies in the block from `taken` on."""
    low, high = max(start, taken), min(start + length, taken + Place(_BLOCK))
    for place in range(low, high):
        block[place - taken] = data[begin + place - start]


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
    """Messages go through the lanes side by side; a lane that is done takes the next one."""
    state = np.zeros(_ROWS * LANES, np.uint64)
    row_of, taken_of = np.zeros(LANES, np.uint64), np.zeros(LANES, np.uint64)
    rows, whole, none = Place(len(begins)), Place(_BLOCK), Place(0)
    before, behind = Place(len(prefix)), Place(len(suffix))
    for lane in range(LANES):
        row_of[lane] = lane
        for word in range(Place(8)):
            state[word * LANES + lane] = start[word]
    following, open_lanes = LANES, min(LANES, rows)
    while open_lanes:
        for lane in range(LANES):
            row, taken = row_of[lane], taken_of[lane]
            if row >= rows:
                continue
            length = ends[row] - begins[row]
            total = before + length + behind
            _lay(block, taken, prefix, none, before, none)
            _lay(block, taken, data, begins[row], length, before)
            _lay(block, taken, suffix, none, behind, before + length)
            for place in range(min(total - taken, whole), whole):
                block[place] = 0
            for word in range(Place(16)):
                state[(Place(_WORDS) + word) * LANES + lane] = words[word]
            final = taken + whole >= total
            state[Place(_COUNT) * LANES + lane] = total if final else taken + whole
            state[Place(_LAST) * LANES + lane] = _ALL if final else none
        _compress(state)
        for lane in range(LANES):
            row = row_of[lane]
            if row >= rows:
                continue
            taken_of[lane] += whole
            if not state[Place(_LAST) * LANES + lane]:
                continue
            out[row, 0] = state[lane]
            out[row, 1] = state[LANES + lane]
            row_of[lane], taken_of[lane] = following, none
            open_lanes -= Place(following >= rows)
            following += ONE
            for word in range(Place(8)):
                state[word * LANES + lane] = start[word]


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
