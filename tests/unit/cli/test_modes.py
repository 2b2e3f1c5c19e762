"""What a command writes is its user's alone, unless it is meant for others."""

import subprocess
import sys
from pathlib import Path

WRITE = """
from pathlib import Path
from cli.modes import keep_private, shared_with_others
keep_private()
Path("private").mkdir(); Path("private/file").touch()
with shared_with_others():
    Path("shared").mkdir(); Path("shared/file").touch()
Path("after").touch()
"""


def test_files_are_private_unless_they_are_meant_for_others(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    subprocess.run([sys.executable, "-c", WRITE], cwd=tmp_path, env={"PYTHONPATH": root}, check=True)
    modes = {str(path.relative_to(tmp_path)): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {
        "private": 0o700,
        "private/file": 0o600,
        "shared": 0o755,
        "shared/file": 0o644,
        "after": 0o600,
    }


def test_a_real_command_writes_privately(tmp_path: Path) -> None:
    out = tmp_path / "out" / "events.jsonl"
    out.parent.mkdir(mode=0o755)
    command = [sys.executable, "-m", "cli", "produce", "simulate", "--users", "1", "--days", "1", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert out.stat().st_mode & 0o777 == 0o600
