"""Files of lines, plain or packed: read line by line with numbers, written whole or not at all."""

import gzip
import lzma
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, cast

from producers.openings import name_of, opened
from schemas.errors import ContractViolation

_GZIP_LEVEL: Final = 6
_LONGEST: Final = 1 << 20
"""Of a longer line only so much is handed out: more than any line that is right."""


def numbered_lines(path: Path, name: str = "") -> Iterator[tuple[int, bytes]]:
    """Every line with its number, from 1 on, without its line end; blank ones behind the last other are passed over.

    `name` is what messages call the file. Raises ContractViolation when it cannot be opened, read or unpacked.
    """
    number = blank = 0
    try:
        with opened(path) as file:
            for number, line in enumerate(_lines(file), start=1):
                if not line.strip():
                    blank += 1
                    continue
                yield from ((missed, b"") for missed in range(number - blank, number))
                blank = 0
                yield number, line.rstrip(b"\r\n")
    except (OSError, EOFError, zlib.error, lzma.LZMAError, UnicodeError) as error:
        shown = name or name_of(path)
        raise ContractViolation(f"{shown} cannot be read (after {number} lines): {_reason(error)}") from error


def write_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Write the lines, as gzip when the name ends in .gz, and return how many. The same lines give the same bytes.

    The file appears when it is complete. Raises ContractViolation when it cannot be written.
    """
    unfinished = path.with_name(path.name + ".part")
    count = 0
    try:
        with _created(unfinished, compressed=path.suffix == ".gz") as file:
            for line in lines:
                file.write(line + b"\n")
                count += 1
        unfinished.replace(path)
    except OSError as error:
        raise ContractViolation(f"{path} cannot be written: {_reason(error)}") from error
    return count


def _lines(file: BinaryIO) -> Iterator[bytes]:
    read = partial(file.readline, _LONGEST)
    for line in iter(read, b""):
        yield line
        rest = line
        while len(rest) == _LONGEST and not rest.endswith(b"\n"):
            rest = read()


@contextmanager
def _created(path: Path, *, compressed: bool) -> Iterator[BinaryIO]:
    with path.open("wb") as file:
        try:
            if compressed:
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=_GZIP_LEVEL, mtime=0) as packed:
                    yield cast("BinaryIO", packed)
            else:
                yield file
        except BaseException:
            path.unlink()
            raise


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
