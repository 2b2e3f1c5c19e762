"""The brokers of a stand, each with a relay before it: one, or three that keep everything three times."""

import random
import signal
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import KafkaException

from proofs.chaos.kafka_frames import KafkaDialogue
from proofs.chaos.relay import Relay, RelayLoop
from proofs.chaos.requests import NewDialogue
from proofs.chaos.trap import Trap
from stack.kafka import Detour, KafkaBroker, Member, new_cluster_id
from stack.ports import HOST, free_port
from stream_app.bootstrap.deployment import admin
from stream_app.deployment import KafkaConnection

_ANSWER_WITHIN_S = 2.0


class BrokerSite:
    """Brokers that clients reach at `direct`, or through relays at `relayed`."""

    def __init__(
        self,
        directory: Path,
        jars: Callable[[], Path],
        loop: RelayLoop,
        count: int = 1,
        new_dialogue: NewDialogue = KafkaDialogue,
    ) -> None:
        listens = [free_port() for _ in range(count)]
        self.kills = 0
        self.count = count
        self._relays = [Relay(loop, port, new_dialogue) for port in listens]
        detours = [Detour(f"{HOST}:{port}", relay.address) for port, relay in zip(listens, self._relays, strict=True)]
        self._brokers = [
            KafkaBroker(directory / str(number), jars, detour, member)
            for number, (detour, member) in enumerate(zip(detours, _members(count), strict=True), start=1)
        ]
        self.direct = KafkaConnection(",".join(self._start_all()))

    @property
    def relayed(self) -> KafkaConnection:
        """The way in through the relays."""
        return KafkaConnection(",".join(relay.address for relay in self._relays))

    def lay(self, trap: Trap) -> Trap:
        """Have a trap catch the next request that it wants, to whichever broker it goes."""
        for relay in self._relays:
            relay.lay(trap)
        return trap

    def kill(self, draw: random.Random, meanwhile: Callable[[], object]) -> None:
        """kill -9 of one that leads, do something while it is down, start it again at the same address."""
        broker = self._leader(draw)
        broker.daemon.kill()
        self.kills += 1
        meanwhile()
        broker.start()

    def pause(self, draw: random.Random, meanwhile: Callable[[], object]) -> None:
        """Let one that leads stand still for a while."""
        broker = self._leader(draw)
        broker.daemon.signal(signal.SIGSTOP)
        try:
            meanwhile()
        finally:
            broker.daemon.signal(signal.SIGCONT)

    def stop(self) -> None:
        """End all."""
        for broker in self._brokers:
            broker.daemon.kill()

    def _start_all(self) -> list[str]:
        try:
            addresses = [broker.launch() for broker in self._brokers]
            for broker, address in zip(self._brokers, addresses, strict=True):
                broker.wait(address)
        except BaseException:
            self.stop()
            raise
        return addresses

    def _leader(self, draw: random.Random) -> KafkaBroker:
        """The broker that leads a drawn partition of a drawn topic, those of groups and transactions among them."""
        if self.count == 1:
            return self._brokers[0]
        try:
            topics = admin(self.direct).list_topics(timeout=_ANSWER_WITHIN_S).topics
        except KafkaException:
            return draw.choice(self._brokers)
        leaders = [partition.leader for partition in draw.choice(list(topics.values())).partitions.values()]
        known = [leader for leader in leaders if leader >= 1]
        return self._brokers[draw.choice(known) - 1] if known else draw.choice(self._brokers)


def _members(count: int) -> list[Member | None]:
    if count == 1:
        return [None]
    controllers = {number: f"{HOST}:{free_port()}" for number in range(1, count + 1)}
    cluster = new_cluster_id()
    return [Member(number, controllers, cluster) for number in controllers]
