"""Redis as a partition sees it: atomic scripts, connections that break, and acknowledged writes that may be lost.

Lost are always the latest writes: what is left is a prefix of them, as of an append-only file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stream_app.partition.effects import Claim, Commit, Meta


@dataclass(frozen=True)
class RedisContents:
    """All that is stored at one moment."""

    owner: bytes | None
    meta: Meta | None
    states: dict[str, bytes]


@dataclass
class RedisModel:
    """The present, and every moment that a loss may lead back to. `life` counts how often all connections broke."""

    kept: RedisContents = field(default_factory=lambda: RedisContents(None, None, {}))
    past: list[RedisContents] = field(default_factory=list)
    life: int = 0

    def claim(self, claim: Claim) -> Meta:
        """Take the partition over."""
        meta = self.kept.meta or Meta(0, None, claim.state_digest, claim.partitions, None)
        self._write(RedisContents(claim.token, meta, self.kept.states))
        return meta

    def holds(self, token: bytes | None, position: int | None) -> bool:
        """Whether owner and position are these; None stands for any."""
        kept = self.kept
        same_owner = token is None or kept.owner == token
        return same_owner and (position is None or (kept.meta is not None and kept.meta.position == position))

    def load(self, users: Sequence[str]) -> list[bytes | None]:
        """The stored states."""
        return [self.kept.states.get(user) for user in users]

    def store(self, commit: Commit, states: bool = True, position: bool = True) -> None:
        """Write what a commit says, whole or in part."""
        kept = self.kept
        held = {**kept.states, **dict(zip(commit.users, commit.states, strict=True))} if states else kept.states
        meta = kept.meta
        if position and meta is not None:
            meta = Meta(commit.position, commit.anchor, meta.state_digest, meta.partitions, commit.control)
        self._write(RedisContents(kept.owner, meta, held))

    def crash(self, lost_writes: int) -> None:
        """Lose the latest writes, and every connection."""
        for _ in range(min(lost_writes, len(self.past))):
            self.kept = self.past.pop()
        self.life += 1

    def wipe(self) -> None:
        """Lose everything."""
        self.kept, self.past = RedisContents(None, None, {}), []
        self.life += 1

    def _write(self, kept: RedisContents) -> None:
        self.past.append(self.kept)
        self.kept = kept
