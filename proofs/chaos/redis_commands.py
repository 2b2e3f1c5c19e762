"""Redis's commands: arrays of byte strings, one at a time, each followed by its reply."""

import hashlib
from collections import Counter

import hiredis

from proofs.chaos.requests import OTHER, Request
from stream_app.adapters.redis.states import CLAIM, COMMIT
from stream_app.bootstrap.deployment import partition_of_meta

CLAIM_STATES, COMMIT_STATES = "claim", "commit"
_SCRIPTS = {
    hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest().encode(): name
    for script, name in ((CLAIM, CLAIM_STATES), (COMMIT, COMMIT_STATES))
}
_VERDICTS = {b":0": "refused", b":1": "applied"}


class RedisDialogue:
    """One connection to Redis; counts into `commits` what became of those that went over it."""

    def __init__(self, commits: Counter[str]) -> None:
        self._commits = commits
        self._reader = hiredis.Reader()
        self._last = OTHER

    def asked(self, data: bytes) -> list[Request]:
        """The commands that these bytes complete."""
        self._reader.feed(data)
        found: list[Request] = []
        while (words := self._reader.gets()) is not False:
            found.append(_request(words))
        if found:
            self._last = found[-1].name
        return found

    def answered(self, data: bytes) -> bytes:
        """Note whether a commit was applied or refused: its reply is one number."""
        if self._last == COMMIT_STATES and (verdict := _VERDICTS.get(data[:2])):
            self._commits[verdict] += 1
        self._last = OTHER
        return data


def _request(words: list[bytes]) -> Request:
    raw = hiredis.pack_command(tuple(words))
    name = _SCRIPTS.get(words[1], OTHER) if words[0] == b"EVALSHA" else OTHER
    return Request(name, partition_of_meta(words[3]) if name != OTHER else None, raw)
