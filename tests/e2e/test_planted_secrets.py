"""A secret is planted in every setting that takes one: no command prints or writes it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = "pl4nted-s3cret"
LOGIN = {
    "CHURN_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "CHURN_KAFKA_SASL_MECHANISM": "PLAIN",
    "CHURN_KAFKA_USERNAME": "worker",
    "CHURN_KAFKA_PASSWORD": PLANTED,
}
TOKENS = {
    "CHURN_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "CHURN_KAFKA_SASL_MECHANISM": "OAUTHBEARER",
    "CHURN_KAFKA_TOKEN_URL": f"http://user:{PLANTED}@127.0.0.1:1/token?key={PLANTED}",
    "CHURN_KAFKA_TOKEN_CLIENT_ID": "worker",
    "CHURN_KAFKA_TOKEN_CLIENT_SECRET": PLANTED,
}
IN_URL = {**LOGIN, "CHURN_REDIS_URL": f"redis://app:{PLANTED}@127.0.0.1:1/0?password={PLANTED}"}
APART = {**TOKENS, "CHURN_REDIS_URL": "redis://127.0.0.1:1/0", "CHURN_REDIS_PASSWORD": PLANTED}
REFUSED = {**APART, "CHURN_KAFKA_KEY_PASSWORD": PLANTED}
WRONG = {**IN_URL, "CHURN_REDIS_URL": f"app:{PLANTED}@127.0.0.1:1", "CHURN_WEB_PORT": "no number"}
COMMANDS = [["status"], ["status", "--json"], ["up"], ["topics", "create"], ["alerts"], ["verify", "--json"], ["work"]]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("planted", [IN_URL, APART, REFUSED, WRONG], ids=["in the URL", "apart", "refused", "wrong"])
def test_no_command_prints_or_writes_a_secret(planted: dict[str, str], tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "CHURN_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        **planted,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "cli", *command],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for command in COMMANDS
    ]
    for command, process in zip(COMMANDS, running, strict=True):
        said, _ = process.communicate(timeout=600)
        assert process.returncode != 0, command
        assert said, command
        assert PLANTED.encode() not in said, (command, said)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and PLANTED.encode() in path.read_bytes()]
    assert not written
