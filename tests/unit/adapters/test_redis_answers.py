"""Each answer of Redis is a definite no, with what was said and what to do, or something that may pass."""

import hiredis
import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from schemas.errors import ContractViolation, Transient
from stream_app.adapters.redis.answers import NO, PERHAPS, error_of

SAID = {
    "ASK": "3999 127.0.0.1:6381",
    "CLUSTERDOWN": "The cluster is down",
    "CROSSSLOT": "Keys in request don't hash to the same slot",
    "MOVED": "3999 127.0.0.1:6381",
    "DENIED": "Redis is running in protected mode",
    "ERR": "unknown command 'HSETNX'",
    "EXECABORT": "Transaction discarded because of previous errors.",
    "MISCONF": "Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.",
    "NOAUTH": "Authentication required.",
    "NOPERM": "this user has no permissions to run the 'evalsha' command",
    "NOPROTO": "unsupported protocol version",
    "READONLY": "You can't write against a read only replica.",
    "WRONGPASS": "invalid username-password pair or user is disabled.",
    "WRONGTYPE": "Operation against a key holding the wrong kind of value",
    "BUSY": "Redis is busy running a script.",
    "LOADING": "Redis is loading the dataset in memory",
    "MASTERDOWN": "Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "NOREPLICAS": "Not enough good replicas to write.",
    "NOSCRIPT": "No matching script. Please use EVAL.",
    "OOM": "command not allowed when used memory > 'maxmemory'.",
    "TRYAGAIN": "Multiple keys request during rehashing of slot",
    "UNBLOCKED": "force unblock from blocking operation, instance state changed (master -> replica?)",
}


def raised(line: str) -> Exception:
    """The client's exception for an answer, read from the wire as the client reads it."""
    reader = hiredis.Reader(replyError=BaseParser.parse_error)
    reader.feed(f"-{line}\r\n".encode())
    error = reader.gets()
    assert isinstance(error, Exception)
    return error


def test_every_word_has_an_example() -> None:
    assert SAID.keys() == NO.keys() | PERHAPS.keys()


@pytest.mark.parametrize("word", NO)
def test_a_definite_no_is_a_stop_that_quotes_it_and_says_what_to_do(word: str) -> None:
    error = error_of(raised(f"{word} {SAID[word]}"), "keeping states")
    assert isinstance(error, ContractViolation)
    assert error.state == "refused_by_redis"
    assert f"keeping states: Redis refuses it ({word} {SAID[word]}): {NO[word]}" == str(error)


@pytest.mark.parametrize("word", PERHAPS)
def test_what_may_pass_is_a_doubt_that_quotes_it(word: str) -> None:
    error = error_of(raised(f"{word} {SAID[word]}"), "keeping states")
    assert isinstance(error, Transient)
    assert f"Redis says {word} {SAID[word]}: {PERHAPS[word]}" in str(error)


@pytest.mark.parametrize(
    "line",
    [
        "ERR invalid password",
        "ERR Client sent AUTH, but no password is set",
        "ERR DB index is out of range",
        "WHATEVER a newer Redis says",
    ],
)
def test_every_other_answer_is_a_definite_no(line: str) -> None:
    error = error_of(raised(line), "keeping states")
    assert isinstance(error, ContractViolation)
    assert line in str(error)


IN_SCRIPT = "ERR Error running script (call to f_44763f0dab46): @user_script:10: @user_script: 10: "


@pytest.mark.parametrize("word", [*NO, *PERHAPS])
def test_what_a_command_in_a_script_was_answered_with_counts_and_not_the_wrapping(word: str) -> None:
    wrapped = f"{IN_SCRIPT}-{word} {SAID[word]}"
    error = error_of(raised(wrapped), "keeping states")
    assert isinstance(error, ContractViolation if word in NO else Transient)
    assert wrapped in str(error)
    assert {**NO, **PERHAPS}[word] in str(error)


def test_a_right_that_is_missed_in_a_script_is_named_as_one() -> None:
    error = error_of(raised(f"{IN_SCRIPT}The user executing the script can't run this command or subcommand"), "")
    assert isinstance(error, ContractViolation)
    assert NO["NOPERM"] in str(error)


def test_a_redis_that_has_no_place_left_for_a_client_may_have_one_later() -> None:
    assert isinstance(error_of(raised("ERR max number of clients reached"), "keeping states"), Transient)


@pytest.mark.parametrize(
    "silence", [TimeoutError(), RedisTimeoutError("Timeout"), RedisConnectionError("closed"), OSError()]
)
def test_silence_is_called_silence(silence: Exception) -> None:
    error = error_of(silence, "keeping states")
    assert isinstance(error, Transient)
    assert "did not answer, see that it runs" in str(error)
