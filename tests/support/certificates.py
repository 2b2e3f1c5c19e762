"""An authority of a test's own, and certificates that it has signed: made with openssl, for 127.0.0.1."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

DAYS = "2"


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, in files (PEM)."""

    certificate: Path
    key: Path

    @property
    def together(self) -> Path:
        """Both in one file, as Kafka's brokers read them."""
        both = self.key.with_suffix(".both.pem")
        both.write_text(self.key.read_text() + self.certificate.read_text())
        return both


class Authority:
    """Signs certificates; whoever believes it believes them."""

    def __init__(self, directory: Path, name: str = "authority") -> None:
        assert shutil.which("openssl"), "the tests of TLS need openssl on the PATH: install it"
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._own = Certificate(directory / f"{name}.pem", directory / f"{name}.key")
        self._run(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", DAYS, "-subj", f"/CN={name}",
            "-keyout", self._own.key, "-out", self._own.certificate,
        )  # fmt: skip

    @property
    def certificate(self) -> Path:
        """What its clients and servers believe."""
        return self._own.certificate

    def sign(self, name: str, address: str = "IP:127.0.0.1,DNS:localhost") -> Certificate:
        """A certificate of this name for servers at the address, and for clients."""
        made = Certificate(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        asked, names = self._directory / f"{name}.csr", self._directory / f"{name}.names"
        names.write_text(f"subjectAltName={address}\n")
        self._run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", made.key, "-out", asked)
        self._run(
            "x509", "-req", "-in", asked, "-CA", self._own.certificate, "-CAkey", self._own.key, "-CAcreateserial",
            "-days", DAYS, "-extfile", names, "-out", made.certificate,
        )  # fmt: skip
        return made

    def encrypt(self, key: Path, password: str) -> Path:
        """The same key, of no use to who does not know the password."""
        encrypted = key.with_suffix(".encrypted.key")
        self._run("pkcs8", "-topk8", "-in", key, "-out", encrypted, "-passout", f"pass:{password}")
        return encrypted

    def _run(self, *arguments: str | Path) -> None:
        run = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
