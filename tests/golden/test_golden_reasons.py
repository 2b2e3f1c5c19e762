"""Every sentence that the workload `music` can say about a customer, beside the numbers that it says it of.

`reasons.txt` has a line for each: feature, value, what is usual, and the sentence, each of which was read.
`pytest tests/golden --write-golden` writes the sentences anew, and lines for features that have none yet. To have more
read of a feature, add its name, a value and what is usual as a line.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from stream_app.core.decisions.wording import told
from stream_app.core.features.words import Ago, Counted, Either, Graded, Lasting, Portion, Wording
from stream_app.workloads.music import WORKLOAD

GOLDEN = Path(__file__).parent / "reasons.txt"
Case = tuple[str, str]
"""A value and what is usual, as they stand in the file."""


def test_the_sentences_are_those_that_were_read(golden: Callable[[Path, str], None]) -> None:
    title = GOLDEN.read_text(encoding="utf-8").splitlines()[0]
    golden(GOLDEN, "\n\n".join([title, *map(_block, _worded())]) + "\n")


def test_every_feature_that_has_words_is_told_above_and_below_what_is_usual() -> None:
    sides = {feature: {float(value) > float(usual) for value, usual in _cases(feature)} for feature in _worded()}
    assert [feature for feature, seen in sides.items() if len(seen) < 2] == []


def test_each_sentence_is_short_enough_to_be_read_in_a_glance() -> None:
    assert max(len(_sentence(feature, *case)) for feature in _worded() for case in _cases(feature)) <= 80


def test_only_of_two_is_what_is_usual_left_out() -> None:
    told_alone = {
        feature for feature in _worded() for case in _cases(feature) if "usually" not in _sentence(feature, *case)
    }
    assert told_alone == {feature for feature, words in WORKLOAD.words.items() if isinstance(words, Either)}


def _worded() -> list[str]:
    return [feature for feature in WORKLOAD.features if feature in WORKLOAD.words]


def _block(feature: str) -> str:
    return "\n".join(
        f"{feature:<26}{value:>8}{usual:>9}   {_sentence(feature, value, usual)}" for value, usual in _cases(feature)
    )


def _sentence(feature: str, value: str, usual: str) -> str:
    return told(WORKLOAD.words[feature], WORKLOAD.features[feature].label, float(value), float(usual))


def _cases(feature: str) -> list[Case]:
    """Those of the file, or the usual ones for words of that kind where it has none."""
    return _held()[feature] or list(_usual_cases(WORKLOAD.words[feature]))


def _held() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = defaultdict(list)
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            feature, value, usual, *_ = line.split(maxsplit=3)
            found[feature].append((value, usual))
    return found


def _usual_cases(words: Wording) -> Iterator[Case]:
    match words:
        case Counted():
            yield from (("0", "1"), ("1", "0"), ("9", "0"))
        case Portion():
            yield from (("0", "0.05"), ("0.004", "0.05"), ("0.12", "0.05"))
        case Ago(within_h=within_h):
            yield from (("0", "96"), ("3.2", "96"), (f"{within_h}", "96"), ("216", "48"), ("3.2", f"{within_h}"))
        case Lasting():
            yield from (("0", "12"), ("0.4", "12"), ("1", "0"), ("26", "0"), ("300", "240"))
        case Either():
            yield from (("0", "1"), ("1", "0"))
        case Graded(steps=steps):
            (least, _), *_, (most, _) = steps
            yield from ((f"{step:g}", f"{least:g}") for step, _ in steps[1:])
            yield f"{least:g}", f"{most:g}"
        case _:
            raise AssertionError(f"{GOLDEN.name} has no lines for {words}")
