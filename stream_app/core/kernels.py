"""How loops over a batch are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

NumbaRecord = Any
Array = Any
Word = Any
"""A record, an array and an unsigned 64-bit number as a kernel sees them: numba types them, mypy cannot."""


def kernel(function: Function) -> Function:
    """Compile a loop over a batch; it lets other threads run."""
    compiled: Function = njit(cache=True, error_model="numpy", nogil=True)(function)
    return compiled


def piece(function: Function) -> Function:
    """Compile a piece of a kernel, inlined by the compiler's back end: nothing that it is given is copied."""
    compiled: Function = njit(cache=True, error_model="numpy", nogil=True, forceinline=True)(function)
    return compiled
