"""A setting outside its bounds is named, with its value and the bounds, before any service is asked."""

import pytest

from cli.console import EXIT_WRONG_USAGE
from cli.main import main
from schemas.errors import WrongUsage
from stream_app.settings import Settings


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("PARTITIONS", "abc", "a whole number, at least 1 and at most 10000"),
        ("PARTITIONS", "0", "a whole number, at least 1 and at most 10000"),
        ("WEB_PORT", "0", "a whole number, at least 1 and at most 65535"),
        ("WEB_PORT", "70000", "a whole number, at least 1 and at most 65535"),
        ("APP_ID", "", r"text, of the form [a-z][a-z0-9_-]{0,62}"),
        ("APP_ID", "Churn", r"text, of the form [a-z][a-z0-9_-]{0,62}"),
        ("APP_ID", "a" * 64, r"text, of the form [a-z][a-z0-9_-]{0,62}"),
        ("TOPIC_PREFIX", "a b", r"text, of the form [a-zA-Z0-9._-]{0,100}"),
        ("TOPIC_PREFIX", "a/b", r"text, of the form [a-zA-Z0-9._-]{0,100}"),
        ("TOPIC_PREFIX", "a" * 240, r"text, of the form [a-zA-Z0-9._-]{0,100}"),
        ("SESSION_TIMEOUT_S", "-1", "a number, above 0"),
        ("STOP_WITHIN_S", "0", "a number, above 0"),
        ("REJECTED_SHARE", "2", "a number, above 0 and at most 1"),
        ("LOG_FORMAT", "xml", "one of auto, console, json"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_its_bounds(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, bounds: str
) -> None:
    monkeypatch.setenv(f"CHURN_{name}", value)
    with pytest.raises(WrongUsage) as refused:
        Settings()
    assert str(refused.value).startswith(f"CHURN_{name}={value} is out of bounds: it is {bounds}. ")


@pytest.mark.parametrize("value", ["a", "churn", "t1_2-x", "a" * 63])
def test_an_app_id_that_kafka_and_redis_take_is_taken(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CHURN_APP_ID", value)
    assert Settings().app_id == value


@pytest.mark.parametrize("command", ["work", "status", "verify", "topics create"])
def test_every_command_ends_with_2_and_the_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setenv("CHURN_PARTITIONS", "abc")
    monkeypatch.setattr("sys.argv", ["churn", *command.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == EXIT_WRONG_USAGE
    assert capsys.readouterr().err.startswith("churn: CHURN_PARTITIONS=abc ")
