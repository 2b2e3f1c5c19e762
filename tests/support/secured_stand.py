"""A broker and a Redis with locks on their doors, and a deployment that each role reaches with its rights alone."""

from pathlib import Path

import redis

from operations.rights.kafka import kafka_rights
from operations.rights.redis import redis_rules
from operations.rights.roles import ROLES, Role
from stack.redis_server import RedisServer
from stream_app.deployment import Deployment, KafkaConnection, RedisConnection, Tls, Topics
from tests.support.certificates import Authority
from tests.support.secured_kafka import SecuredKafka
from tests.support.tls_end import TlsEnd

PASSWORDS: dict[str, str] = {role: f"s3cret-of-{role}" for role in ROLES}


class SecuredStand:
    """Both services, and the certificates of who may enter. Users are called like the roles."""

    def __init__(self, directory: Path, jars: Path) -> None:
        self.authority = Authority(directory / "certificates")
        self.kafka = SecuredKafka(directory / "kafka", jars, self.authority, PASSWORDS)
        self._redis = RedisServer(directory / "redis")
        self.redis_url = self._redis.start()
        self._end = TlsEnd(self._redis.daemon.address or "", self.authority, mutual=True).__enter__()
        self._own = self.authority.sign("client")

    def stop(self) -> None:
        self._end.__exit__(None, None, None)
        self._redis.stop()
        self.kafka.stop()

    def deployment(self, role: Role, name: str, kafka: KafkaConnection | None = None) -> Deployment:
        """The deployment of this name as a role reaches it, with SCRAM unless it has another way into Kafka."""
        tls = Tls(str(self.authority.certificate), str(self._own.certificate), str(self._own.key))
        return Deployment(
            f"{name}app",
            Topics(name),
            kafka or self.kafka.with_password(role),
            RedisConnection(f"rediss://{self._end.address}/0", role, PASSWORDS[role], tls),
        )

    def open_door(self, name: str) -> Deployment:
        """The same as the test reaches it, which may do everything."""
        return Deployment(f"{name}app", Topics(name), self.kafka.open, RedisConnection(self.redis_url))

    def grant(self, role: Role, name: str) -> None:
        """What a role needs for the deployment of this name, and nothing else."""
        of = self.open_door(name)
        self.kafka.grant(role, kafka_rights(role, of))
        self.set_redis_rules(role, redis_rules(role, of))

    def set_redis_rules(self, role: Role, rules: list[str]) -> None:
        """Make the user of a role anew; none without rules."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.execute_command("ACL", "DELUSER", role)
            if rules:
                client.execute_command("ACL", "SETUSER", role, *rules, f">{PASSWORDS[role]}")
