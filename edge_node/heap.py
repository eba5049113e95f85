"""The process's memory."""

import ctypes


def trim() -> None:
    """Gives freed memory back to the system, where the C library can: loading networks leaves tens of MB."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
