"""What is read as a whole partition has no hole, wherever one would be."""

import pytest

from schemas.errors import ContractViolation
from stream_app.core.blocks import Block
from stream_app.core.log import PlainRecord
from stream_app.ports.topic_log import refuse_hole


def block(*offsets: int, nothing: tuple[range, ...] = (), begin: int | None = None, end: int | None = None) -> Block:
    return Block.of([PlainRecord(offset, 0, b"u", b"{}") for offset in offsets], nothing, end, begin)


@pytest.mark.parametrize(
    "whole", [block(5, 6), block(6, nothing=(range(5, 6),)), block(5, nothing=(range(6, 8),)), block(4, 5, 6)]
)
def test_records_and_what_is_empty_by_right_have_no_hole(whole: Block) -> None:
    refuse_hole(whole, 5, 0)


@pytest.mark.parametrize(
    ("torn", "missing"), [(block(6), 5), (block(5, 7), 6), (block(5, nothing=(range(7, 8),)), 6), (block(5, end=7), 6)]
)
def test_a_missing_record_is_named_with_its_offset(torn: Block, missing: int) -> None:
    with pytest.raises(ContractViolation, match=f"partition 3 has no record at offset {missing} ") as refused:
        refuse_hole(torn, 5, 3)
    assert refused.value.state == "hole_in_log"
