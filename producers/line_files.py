"""Files of lines, plain or gzip: read line by line with numbers, written whole or not at all."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from schemas.errors import ContractViolation

_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_LEVEL: Final = 6


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Every line with its number, from 1 on, without its line end. Compression is recognised by the file's first bytes.

    Raises ContractViolation when the file cannot be opened, read or decompressed.
    """
    number = 0
    try:
        with _opened(path) as lines:
            for number, line in enumerate(lines, start=1):
                yield number, line.rstrip(b"\r\n")
    except (OSError, EOFError, zlib.error) as error:
        raise ContractViolation(f"{path} cannot be read (after {number} lines): {_reason(error)}") from error


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


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        compressed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        file.seek(0)
        yield cast("BinaryIO", gzip.GzipFile(fileobj=file)) if compressed else file


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
