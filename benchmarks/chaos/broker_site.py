"""The broker of a stand and the relay before it."""

import signal
from collections.abc import Callable
from pathlib import Path

from benchmarks.chaos.kafka_frames import KafkaDialogue
from benchmarks.chaos.relay import Relay, RelayLoop
from stack.kafka import Detour, KafkaBroker
from stack.ports import HOST, free_port


class BrokerSite:
    """One broker, which clients reach directly, at `bootstrap`, or through `relay`."""

    def __init__(self, directory: Path, jars: Callable[[], Path], loop: RelayLoop) -> None:
        listens = free_port()
        self.relay = Relay(loop, listens, KafkaDialogue)
        self.kills = 0
        self._broker = KafkaBroker(directory, jars, Detour(f"{HOST}:{listens}", self.relay.address))
        self.bootstrap = self._broker.start()

    def kill(self, meanwhile: Callable[[], None]) -> None:
        """kill -9, do something while it is down, start it again at the same address."""
        self._broker.daemon.kill()
        self.kills += 1
        meanwhile()
        self._broker.start()

    def pause(self, meanwhile: Callable[[], None]) -> None:
        """Let it stand still for a while."""
        self._broker.daemon.signal(signal.SIGSTOP)
        try:
            meanwhile()
        finally:
            self._broker.daemon.signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        self._broker.daemon.kill()
