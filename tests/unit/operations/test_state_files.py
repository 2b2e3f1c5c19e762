"""Files of exported states: what was written is read back, and nothing that is damaged or cut off is."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operations.states.files import (
    MANIFEST_FILE,
    ExportManifest,
    begin_export,
    read_manifest,
    read_partition,
    write_manifest,
    write_partition,
)
from operations.states.snapshot import PartitionSnapshot
from schemas.errors import ContractViolation
from stream_app.partition.effects import Anchor, Meta
from tests.support.state_deployments import CONTROL, DIGEST

META = Meta(position=12, anchor=Anchor(9, 77), state_digest=DIGEST, partitions=2, control=CONTROL)
SNAPSHOTS = [
    PartitionSnapshot(META, {"ana": b"\x02" * 24, "渡辺": bytes(range(256))}),
    PartitionSnapshot(Meta(0, None, DIGEST, 2, None), {}),
]


def export(directory: Path, snapshots: list[PartitionSnapshot]) -> ExportManifest:
    begin_export(directory)
    files = dict(write_partition(directory, "app", place, snapshot) for place, snapshot in enumerate(snapshots))
    positions = [snapshot.meta.position for snapshot in snapshots]
    manifest = ExportManifest(
        app_id="app",
        made_at="2031-01-01T00:00:00.000Z",
        partitions=len(snapshots),
        state_digest=DIGEST,
        positions=positions,
        states=sum(len(snapshot.states) for snapshot in snapshots),
        files=files,
    )
    write_manifest(directory, manifest)
    return manifest


def read_all(directory: Path) -> list[PartitionSnapshot]:
    manifest = read_manifest(directory)
    return [read_partition(directory, manifest, partition) for partition in range(manifest.partitions)]


def test_an_export_is_read_back_as_it_was_taken(tmp_path: Path) -> None:
    manifest = export(tmp_path / "new" / "export", SNAPSHOTS)
    assert read_manifest(tmp_path / "new" / "export") == manifest
    assert read_all(tmp_path / "new" / "export") == SNAPSHOTS


@settings(max_examples=25)
@given(states=st.dictionaries(st.text(min_size=1).filter(lambda name: name.isprintable()), st.binary(min_size=1)))
def test_any_users_and_states_are_read_back(tmp_path_factory: pytest.TempPathFactory, states: dict[str, bytes]) -> None:
    directory = tmp_path_factory.mktemp("any")
    one = PartitionSnapshot(Meta(1, Anchor(0, 2), DIGEST, 1, None), states)
    export(directory, [one])
    assert read_all(directory) == [one]


@settings(max_examples=25)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    directory = tmp_path_factory.mktemp("flipped")
    manifest = export(directory, SNAPSHOTS)
    path = directory / data.draw(st.sampled_from(list(manifest.files)))
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    with pytest.raises(ContractViolation, match="checksum differs"):
        read_all(directory)


@settings(max_examples=25)
@given(size=st.integers(0, 400))
def test_a_file_that_was_cut_off_is_refused(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    directory = tmp_path_factory.mktemp("cut")
    name = next(iter(export(directory, SNAPSHOTS).files))
    content = (directory / name).read_bytes()
    (directory / name).write_bytes(content[: min(size, len(content) - 1)])
    with pytest.raises(ContractViolation, match="checksum differs"):
        read_all(directory)


def test_a_file_of_another_export_is_refused(tmp_path: Path) -> None:
    for name, snapshot in (("one", SNAPSHOTS[0]), ("other", SNAPSHOTS[1])):
        export(tmp_path / name, [snapshot])
    (tmp_path / "one" / "partition-00000.states").replace(tmp_path / "other" / "partition-00000.states")
    with pytest.raises(ContractViolation, match="checksum differs"):
        read_all(tmp_path / "other")


def test_an_export_without_its_manifest_was_cut_off(tmp_path: Path) -> None:
    export(tmp_path, SNAPSHOTS)
    (tmp_path / MANIFEST_FILE).unlink()
    with pytest.raises(ContractViolation, match="or one that was cut off"):
        read_all(tmp_path)


def test_a_missing_file_and_a_manifest_of_a_later_form_are_refused(tmp_path: Path) -> None:
    manifest = export(tmp_path, SNAPSHOTS)
    (tmp_path / list(manifest.files)[1]).unlink()
    with pytest.raises(ContractViolation, match="cannot be read"):
        read_all(tmp_path)
    later = (tmp_path / MANIFEST_FILE).read_text().replace('"version": 2', '"version": 3')
    (tmp_path / MANIFEST_FILE).write_text(later)
    with pytest.raises(ContractViolation, match="cannot be read"):
        read_all(tmp_path)


def test_no_export_is_written_over_another(tmp_path: Path) -> None:
    export(tmp_path, SNAPSHOTS)
    with pytest.raises(ContractViolation, match="is not empty"):
        begin_export(tmp_path)
