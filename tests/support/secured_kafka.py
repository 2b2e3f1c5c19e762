"""The stack's broker with locks on its doors: SASL over TLS and in plain text, mutual TLS, and the ACL authoriser.

Its plain entrance stays open to the test, which is the superuser there: it gives users their passwords and rights.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from operations.rights.kafka import Right
from stack.kafka import KafkaBroker
from stack.ports import HOST, free_port
from stream_app.deployment import KafkaConnection, Login, Tls, TokenClient
from tests.support.certificates import Authority

_WITHIN_S = 60.0
_STARTED_WITHIN_S = 240.0
_MECHANISMS = {"SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256, "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512}
_LOGIN_MODULES = {
    "plain": "plain.PlainLoginModule required {plain}",
    "scram-sha-256": "scram.ScramLoginModule required",
    "scram-sha-512": "scram.ScramLoginModule required",
    "oauthbearer": 'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"',
}

_KINDS = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional-id": ResourceType.TRANSACTIONAL_ID,
}
_OPERATIONS = {
    "Create": AclOperation.CREATE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
}


@dataclass(frozen=True)
class Locks:
    """The doors: where the broker listens with which protocol. `plain` are users of PLAIN with their passwords."""

    authority: Authority
    plain: Mapping[str, str]
    ports: Mapping[str, int] = field(
        default_factory=lambda: {protocol: free_port() for protocol in ("SASL_SSL", "SASL_PLAINTEXT", "SSL")}
    )

    @property
    def listeners(self) -> str:
        return ",".join(f"{protocol}://{HOST}:{port}" for protocol, port in self.ports.items())

    def properties(self, own: str) -> Mapping[str, str]:
        server = self.authority.sign("broker")
        known = {name: name for name in ("PLAINTEXT", *self.ports)} | {"CONTROLLER": "PLAINTEXT"}
        return {
            "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in known.items()),
            "advertised.listeners": f"PLAINTEXT://{own},{self.listeners}",
            "inter.broker.listener.name": "PLAINTEXT",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(server.together),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.certificate),
            "listener.name.ssl.ssl.client.auth": "required",
            "ssl.principal.mapping.rules": "RULE:^.*CN=([^,]+).*$/$1/",
            "sasl.enabled.mechanisms": ",".join(name.upper() for name in _LOGIN_MODULES),
            **self._login_modules(),
        }

    def _login_modules(self) -> dict[str, str]:
        users = " ".join(f'user_{name}="{password}"' for name, password in self.plain.items())
        return {
            f"listener.name.{door}.{name}.sasl.jaas.config": "org.apache.kafka.common.security."
            + module.format(plain=users)
            + ";"
            for door in ("sasl_ssl", "sasl_plaintext")
            for name, module in _LOGIN_MODULES.items()
        }


class SecuredKafka:
    """A broker of a test's own. `passwords` are its users' and their passwords, whatever the mechanism."""

    def __init__(self, directory: Path, jars: Path, authority: Authority, passwords: Mapping[str, str]) -> None:
        self.authority = authority
        self._passwords = passwords
        self._locks = Locks(authority, passwords)
        self._broker = KafkaBroker(directory, lambda: jars, self._locks)
        try:
            self.open = KafkaConnection(address := self._broker.launch())
            self._broker.daemon.wait_until(lambda: self._broker.answers(address), _STARTED_WITHIN_S)
            self._admin = AdminClient({"bootstrap.servers": self.open.bootstrap, "log_level": 0})
            self._give_passwords()
        except BaseException:
            self.stop()
            raise

    def door(self, protocol: str) -> str:
        """host:port of an entrance."""
        return f"{HOST}:{self._locks.ports[protocol]}"

    def with_password(self, user: str, mechanism: str = "SCRAM-SHA-512", protocol: str = "SASL_SSL") -> KafkaConnection:
        """How a user comes in."""
        tls = Tls(str(self.authority.certificate)) if protocol.endswith("SSL") else None
        return KafkaConnection(self.door(protocol), tls, Login(mechanism, user, self._passwords[user]))

    def with_token(self, client: TokenClient) -> KafkaConnection:
        """How one with tokens comes in."""
        return KafkaConnection(self.door("SASL_SSL"), Tls(str(self.authority.certificate)), client)

    def with_certificate(self, user: str) -> KafkaConnection:
        """How one with a certificate comes in."""
        own = self.authority.sign(user)
        return KafkaConnection(
            self.door("SSL"), Tls(str(self.authority.certificate), str(own.certificate), str(own.key))
        )

    def grant(self, user: str, rights: Iterable[Right]) -> None:
        """Give rights."""
        bindings = [_binding(user, right) for right in rights]
        for answer in (self._admin.create_acls(bindings) if bindings else {}).values():
            answer.result(_WITHIN_S)

    def revoke_all(self) -> None:
        """Take every right from everybody."""
        every = AclBindingFilter(
            ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
        )
        for answer in self._admin.delete_acls([every]).values():
            answer.result(_WITHIN_S)

    def stop(self) -> None:
        self._broker.stop()

    def _give_passwords(self) -> None:
        for mechanism in _MECHANISMS.values():
            asked = [
                UserScramCredentialUpsertion(user, ScramCredentialInfo(mechanism, 4096), password.encode())
                for user, password in self._passwords.items()
            ]
            for answer in self._admin.alter_user_scram_credentials(asked).values():
                answer.result(_WITHIN_S)


def _binding(user: str, right: Right) -> AclBinding:
    return AclBinding(
        _KINDS[right.kind],
        right.name,
        ResourcePatternType.PREFIXED if right.prefixed else ResourcePatternType.LITERAL,
        f"User:{user}",
        "*",
        _OPERATIONS[right.operation],
        AclPermissionType.ALLOW,
    )
