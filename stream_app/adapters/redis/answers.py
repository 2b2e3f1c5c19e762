"""Every answer of Redis that is not a yes, and what it means: a definite no, or something that may pass by itself.

A definite no stops a partition under a name of its own, with what was said and what to do. Whatever may pass makes a
session end and the next one begin.
"""

import re
import ssl
from collections.abc import Mapping
from typing import Final

from redis.exceptions import AuthenticationError, RedisError, ResponseError

from schemas.errors import ChurnError, ContractViolation, Transient

_LET_IN = "correct the user and the password with which Redis is asked, or give them to Redis (`ACL SETUSER`)"
_CLUSTER = "it is a member of a Redis Cluster: name a single primary in CHURN_REDIS_URL"
_OWN = "see that CHURN_REDIS_URL names a Redis 6.2 or newer, or a Valkey, and a database that it has"

NO: Final[Mapping[str, str]] = {
    "ASK": _CLUSTER,
    "CLUSTERDOWN": _CLUSTER,
    "CROSSSLOT": _CLUSTER,
    "MOVED": _CLUSTER,
    "DENIED": "it takes no connections from elsewhere: set a password, or bind it to an address (protected-mode)",
    "ERR": _OWN,
    "EXECABORT": _OWN,
    "MISCONF": "it cannot write to its disk, and takes nothing until it can: see its log, and that its disk has room",
    "NOAUTH": _LET_IN,
    "NOPERM": "give this user the right with `ACL SETUSER`: `churn rights` names those of each role",
    "NOPROTO": _OWN,
    "READONLY": "it is a replica: name the primary in CHURN_REDIS_URL",
    "WRONGPASS": _LET_IN,
    "WRONGTYPE": "somebody else writes under the keys of this deployment: choose another CHURN_APP_ID or database",
}
"""Definite ones, by the word that the answer begins with: what to do."""
PERHAPS: Final[Mapping[str, str]] = {
    "BUSY": "a script of somebody else runs for long",
    "LOADING": "it is still loading its data",
    "MASTERDOWN": "it is a replica that has lost its primary",
    "NOREPLICAS": "too few replicas are in step (min-replicas-to-write)",
    "NOSCRIPT": "its scripts were flushed, and are loaded again",
    "OOM": "it is full: give it memory",
    "TRYAGAIN": "keys are moving",
    "UNBLOCKED": "it was made a replica at this moment",
}
"""What may pass by itself: what it is about."""
_PASSING = re.compile(r"max number of clients|server closed|shutting? down", re.IGNORECASE)
"""Of answers that begin with ERR."""
_IN_SCRIPT = re.compile(r"@user_script: ?\d+: -([A-Z]+) ")
"""Redis 6.2 wraps what a command inside a script was answered with; later versions say it as it is."""
_NO_RIGHT_IN_SCRIPT = "The user executing the script can't run this command"
_TLS = "let CHURN_REDIS_URL say rediss:// where it speaks TLS, and name a certificate authority that both sides trust"


def error_of(error: BaseException, doing: str) -> ChurnError:
    """What an error of the client means: ContractViolation for a definite no, Transient for whatever may pass."""
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return _refused(f"TLS, {error}", _TLS, doing)
    first, said = prefix_of(error), str(error)
    if first is None:
        return Transient(f"{doing}: Redis did not answer, see that it runs ({said or type(error).__name__})")
    quoted = said if said.startswith(first) else f"{first} {said}"
    word = _word_in_script(said) or first
    if word in PERHAPS or (word == "ERR" and _PASSING.search(said)):
        return Transient(f"{doing}: Redis says {quoted}: {PERHAPS.get(word, 'it takes no more at this moment')}")
    return _refused(quoted, NO.get(word, _OWN), doing)


def prefix_of(error: BaseException) -> str | None:
    """The word with which an answer began that was no yes; None if nothing was answered.

    What Redis answers without such a word of its own counts as ERR, as it would say itself.
    """
    told = getattr(error, "status_code", None) if isinstance(error, RedisError) else None
    if told:
        return str(told)
    if not isinstance(error, ResponseError | AuthenticationError):
        return None
    first = str(error).partition(" ")[0]
    return first if first.isupper() and first.isalpha() else "ERR"


def _word_in_script(said: str) -> str | None:
    if _NO_RIGHT_IN_SCRIPT in said:
        return "NOPERM"
    wrapped = _IN_SCRIPT.search(said)
    return wrapped[1] if wrapped else None


def _refused(quoted: str, to_do: str, doing: str) -> ContractViolation:
    return ContractViolation(f"{doing}: Redis refuses it ({quoted}): {to_do}", "refused_by_redis")
