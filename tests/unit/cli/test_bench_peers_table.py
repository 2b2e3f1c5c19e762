"""The report of the peers: what each does beside its figures, and a sentence where there are none."""

import pytest

from benchmarks.speed.beside_peers import PeerRow
from cli.measure.bench.peers_table import show

ROWS = [
    PeerRow("churn", "this project", "scores each event", "44 features", 20_000, 250_000, 300_000, 12).shown,
    PeerRow("flink", "Flink, heap", "counts", "counts", 20_000, why="it is not built: `make peers-java`").shown,
]


def test_every_row_has_what_it_does_between_name_and_figures(capsys: pytest.CaptureFixture[str]) -> None:
    show({"zipf": ROWS})
    lines = capsys.readouterr().out.splitlines()
    ours = next(line for line in lines if line.startswith("this project"))
    assert ours.split()[-3:] == ["20,000", "250,000", "300,000"]
    assert "44 features" in ours


def test_a_peer_that_is_not_there_has_dashes_and_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    show({"zipf": ROWS})
    theirs = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Flink"))
    assert "make peers-java" in theirs
    assert theirs.split()[-2:] == ["-", "-"]
