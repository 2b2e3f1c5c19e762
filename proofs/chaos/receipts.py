"""What the broker has acknowledged: per partition how many records, and one sum over all of them.

The sum is the same in whatever order they are added, and two logs with the same sum hold the same records at the same
offsets; so an hour's run needs no list.
"""

import zlib

_BITS = 64
_MASK = (1 << _BITS) - 1
_SPREAD = 0x9E3779B97F4A7C15


class Receipts:
    """The records of one partition."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0
        self.end = 0

    def add(self, offset: int, value: bytes | None) -> None:
        """Take a record down."""
        self.count += 1
        self.total = (self.total + _mixed(offset, value)) & _MASK
        self.end = max(self.end, offset + 1)

    def same(self, other: "Receipts") -> bool:
        """Whether both hold the same records."""
        return (self.count, self.total) == (other.count, other.total)


def _mixed(offset: int, value: bytes | None) -> int:
    found = ((offset + 1) << 33) ^ zlib.crc32(value or b"") ^ ((value is None) << 32)
    found = (found * _SPREAD) & _MASK
    return ((found ^ (found >> 31)) * _SPREAD) & _MASK
