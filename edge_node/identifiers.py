"""Ids of events and sightings: UUID version 7, so that they sort by time (RFC 9562, section 5.7)."""

import os
import time
import uuid


def uuid7() -> str:
    """48 bits of Unix milliseconds, then 74 random ones. The standard library has it from Python 3.14 on."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    value = (milliseconds & (1 << 48) - 1) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
