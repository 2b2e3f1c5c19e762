"""Free ports of this machine."""

import random
import socket

from schemas.errors import ContractViolation

HOST = "127.0.0.1"
_RANGE = range(20_000, 32_768)
_TRIES = 200


def free_port(preferred: int | None = None) -> int:
    """A port of 127.0.0.1 that nobody uses: the preferred one, if it is free.

    It lies below the ports that systems give to outgoing connections: none of these can take it, and a client that
    waits for the server cannot be connected to itself. Raises ContractViolation when no port is found.
    """
    candidates = random.sample(_RANGE, _TRIES)
    for port in candidates if preferred is None else [preferred, *candidates]:
        if _is_free(port):
            return port
    raise ContractViolation(f"no free port of {HOST} between {_RANGE.start} and {_RANGE.stop}: end what uses them")


def accepts(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
