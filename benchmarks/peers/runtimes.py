"""How a peer is started: by this interpreter, by that of the peers' own environment, or by Java."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from schemas.errors import ContractViolation
from stack.artefacts import java
from stream_app.settings import STACK_DIRECTORY

PEERS_DIRECTORY = STACK_DIRECTORY / "peers"
"""The environment of the peers in Python that need other versions of what the product is built on."""
CLASSES_DIRECTORY = STACK_DIRECTORY / "peers-java"
"""What `make peers-java` builds: for each project its classes, and in `lib` what they need."""

_JVM: Final = (
    "-Xmx2g",
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.util", "java.lang", "java.time")),
)


class Runtime(Protocol):
    """What a peer runs in."""

    @property
    def missing(self) -> str | None:
        """Why the peer cannot run here, with what to do; None where it can."""

    @property
    def command(self) -> list[str]:
        """The process to start."""


@dataclass(frozen=True)
class Here:
    """A module beside the product, with the product's own libraries."""

    module: str

    @property
    def missing(self) -> None:
        """Nothing ever is."""
        return None

    @property
    def command(self) -> list[str]:
        """This interpreter."""
        return [sys.executable, "-m", self.module]


@dataclass(frozen=True)
class OwnEnvironment:
    """A module in the peers' environment, which must hold `package`."""

    module: str
    package: str

    @property
    def missing(self) -> str | None:
        """Whether it is installed is seen without importing it."""
        if any(PEERS_DIRECTORY.glob(f"lib/python3.*/site-packages/{self.package}")):
            return None
        return f"{self.package} is not in {PEERS_DIRECTORY}: `make peers` installs it, where it has a wheel"

    @property
    def command(self) -> list[str]:
        """The environment's interpreter."""
        return [str((PEERS_DIRECTORY / "bin" / "python").absolute()), "-m", self.module]


@dataclass(frozen=True)
class JavaClasses:
    """A class with a main method, of one of the Maven projects."""

    project: str
    main: str
    arguments: tuple[str, ...]

    @property
    def missing(self) -> str | None:
        """A Java that the broker runs on is enough for the peers too."""
        if not self._jar.is_file():
            return f"{self._jar} is not built: `make peers-java` builds it, with Java 17 or newer and Maven"
        try:
            java()
        except ContractViolation:
            return "there is no Java 17 or newer on this machine: install a JDK or JRE"
        return None

    @property
    def command(self) -> list[str]:
        """A JVM with the memory that the comparison grants each of them."""
        classes = f"{self._jar.absolute()}{os.pathsep}{self._jar.parent.absolute() / 'lib'}/*"
        return [java(), *_JVM, "-cp", classes, self.main, *self.arguments]

    @property
    def _jar(self) -> Path:
        return CLASSES_DIRECTORY / self.project / f"{self.project}-1.jar"
