"""Whether the worker's probes can be listened to, looked at before any service is asked."""

import errno
import socket

from schemas.errors import WrongUsage


def refuse_taken(host: str, port: int) -> None:
    """Raises WrongUsage when nothing can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise WrongUsage(
                f"CHURN_WEB_PORT={port} is taken on {host}, perhaps by another worker: give each worker on a machine "
                "a port of its own (CHURN_WEB_PORT, or `churn work --port`), from 1 to 65535"
            ) from error
        raise WrongUsage(
            f"CHURN_WEB_HOST={host} and CHURN_WEB_PORT={port} cannot be listened on ({error.strerror}): name an "
            "address of this machine, and a port from 1 to 65535 that this user may take"
        ) from error
