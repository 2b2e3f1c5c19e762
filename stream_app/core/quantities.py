"""How real numbers become integers: in units of 1 / scale, half to even, never beyond what a full window can hold."""

from typing import Final

ADMISSION_VERSION: Final = 1
"""Part of the state digest: raise it when the intake admits another event, or takes another number from one."""
LARGEST: Final = 1 << 40
"""In units of 1 / scale. 52 tiles of 65,535 values each of this size stay below 2^63."""
SCALES: Final = (1, 10, 100, 1000)
