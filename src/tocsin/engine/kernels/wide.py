"""Copying sixteen bytes at once, from anywhere to anywhere."""

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


def _copy_wide(_context: Any, out: Any, _at: Any, data: Any, _begin: Any) -> Any:
    """The types and the code of `copy_wide`.

    Compiled code has no other way to move bytes that are not aligned: numpy's
    view of bytes as words asks that they are, and a loop over bytes is left as one.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target, source = (
            context.make_array(signature.args[number])(context, builder, args[number]).data
            for number in (0, 2)
        )
        vector = ir.VectorType(ir.IntType(8), int(WIDTH)).as_pointer()
        read = builder.load(builder.bitcast(builder.gep(source, [args[3]]), vector))
        read.align = 1
        written = builder.store(read, builder.bitcast(builder.gep(target, [args[1]]), vector))
        written.align = 1
        return context.get_dummy_value()

    return types.void(out, types.uint64, data, types.uint64), generate


copy_wide = cast("Callable[..., None]", intrinsic(_copy_wide))
"""`copy_wide(out, at, data, begin)`: `out[at:at + 16] = data[begin:begin + 16]` of arrays of bytes,
in one load and one store. Nothing is checked."""
