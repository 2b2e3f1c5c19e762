"""What a process has used: processor time and memory, from /proc or else from ps."""

import os
import subprocess
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        fields = stat.read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    seconds = 0.0
    for part in _ps(pid, "time").split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def peak_rss_mb(pid: int) -> float:
    """Most memory that a process has held; elsewhere than on Linux, what it holds now."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return int(_ps(pid, "rss")) / 1024


def _ps(pid: int, column: str) -> str:
    command = ["/bin/ps", "-o", f"{column}=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
