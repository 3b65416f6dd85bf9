"""Sixteen bytes at once, from anywhere: copied, compared, and looked through.

Compiled code has no other way to do so: numpy's view of bytes as words asks that they are aligned,
and a loop over bytes is left as one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WIDTH = np.uint64(16)
"""A text is copied in steps of so many bytes, so that what lies up to WIDTH - 1 bytes behind its
last is read, and written, too: both buffers need that much room behind all texts."""


_BYTES = ir.VectorType(ir.IntType(8), int(WIDTH))


def _loaded(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """Sixteen bytes of an array."""
    source = context.make_array(kind)(context, builder, array).data
    read = builder.load(builder.bitcast(builder.gep(source, [at]), _BYTES.as_pointer()))
    read.align = 1
    return read


def _marks(builder: Any, found: Any) -> Any:
    """Sixteen truths as the lowest bits of a number."""
    return builder.zext(builder.bitcast(found, ir.IntType(int(WIDTH))), ir.IntType(64))


def _all(byte: int) -> Any:
    return ir.Constant(_BYTES, [byte] * int(WIDTH))


def _copy_wide(_context: Any, out: Any, _at: Any, data: Any, _begin: Any) -> Any:
    """The types and the code of `copy_wide`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        read = _loaded(context, builder, signature.args[2], args[2], args[3])
        target = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(target, [args[1]]), _BYTES.as_pointer())
        builder.store(read, place).align = 1
        return context.get_dummy_value()

    return types.void(out, types.uint64, data, types.uint64), generate


copy_wide = cast("Callable[..., None]", intrinsic(_copy_wide))
"""`copy_wide(out, at, data, begin)`: `out[at:at + 16] = data[begin:begin + 16]` of arrays of bytes,
in one load and one store. Nothing is checked."""


def _unlike_wide(_context: Any, data: Any, _at: Any, word: Any, _place: Any) -> Any:
    """The types and the code of `unlike_wide`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        one = _loaded(context, builder, signature.args[0], args[0], args[1])
        other = _loaded(context, builder, signature.args[2], args[2], args[3])
        return _marks(builder, builder.icmp_unsigned("!=", one, other))

    return types.uint64(data, types.uint64, word, types.uint64), generate


unlike_wide = cast("Callable[..., np.uint64]", intrinsic(_unlike_wide))
"""`unlike_wide(data, at, word, place)`: of sixteen bytes of each array a bit for every one in which
they differ, the first the lowest. Nothing is checked."""


def _text_marks(_context: Any, data: Any, _at: Any) -> Any:
    """The types and the code of `text_marks`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        read = _loaded(context, builder, signature.args[0], args[0], args[1])
        quotes = builder.icmp_unsigned("==", read, _all(ord('"')))
        escapes = builder.icmp_unsigned("==", read, _all(ord("\\")))
        controls = builder.icmp_unsigned("<", read, _all(ord(" ")))
        ends = _marks(builder, builder.or_(builder.or_(quotes, escapes), controls))
        many = _marks(builder, builder.icmp_unsigned(">=", read, _all(0x80)))
        return builder.or_(ends, builder.shl(many, ir.Constant(ir.IntType(64), int(WIDTH))))

    return types.uint64(data, types.uint64), generate


text_marks = cast("Callable[..., np.uint64]", intrinsic(_text_marks))
"""`text_marks(data, at)`: of sixteen bytes a bit for every one that JSON does not let stand in a
text as it is (quotes, backslashes, control characters), the first the lowest, and sixteen bits
higher one for every byte that is no ASCII. Nothing is checked."""


def _first_mark(_context: Any, _marks_type: Any) -> Any:
    """The types and the code of `first_mark`."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


first_mark = cast("Callable[..., np.uint64]", intrinsic(_first_mark))
"""`first_mark(marks)`: the number of the lowest bit that is set, 64 if none is."""
