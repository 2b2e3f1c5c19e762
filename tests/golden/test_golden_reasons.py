"""Every sentence that the workload `music` can say about a customer, beside the numbers that it says it of.

`reasons.txt` has a line for each: feature, value, what is usual, and the sentence, each of which was read.
"""

from collections import defaultdict
from pathlib import Path

import pytest

from stream_app.core.decisions.wording import told
from stream_app.core.features.words import Either
from stream_app.workloads.music import WORKLOAD

LINES = [
    line.split(maxsplit=3)
    for line in (Path(__file__).parent / "reasons.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("feature", "value", "usual", "sentence"), LINES)
def test_a_sentence_is_the_one_that_was_read(feature: str, value: str, usual: str, sentence: str) -> None:
    label = WORKLOAD.features[feature].label
    assert told(WORKLOAD.words[feature], label, float(value), float(usual)) == sentence


def test_every_feature_that_has_words_was_read_above_and_below_what_is_usual() -> None:
    sides = defaultdict(set)
    for feature, value, usual, _ in LINES:
        sides[feature].add(float(value) > float(usual))
    assert list(sides) == [feature for feature in WORKLOAD.features if feature in WORKLOAD.words]
    assert [feature for feature, seen in sides.items() if len(seen) < 2] == []


def test_each_sentence_is_short_enough_to_be_read_in_a_glance() -> None:
    assert max(len(sentence) for *_, sentence in LINES) <= 80


def test_only_of_two_is_what_is_usual_left_out() -> None:
    silent = {feature for feature, *_, sentence in LINES if "usually" not in sentence}
    assert silent == {feature for feature, words in WORKLOAD.words.items() if isinstance(words, Either)}
