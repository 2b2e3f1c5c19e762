"""What a verification has found: how many differences of which kind, and the first of them in words."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

FIRST = 10
"""How many differences are told in words."""

FindingKind = Literal[
    "state_mismatches",
    "meta_mismatches",
    "alerts_missing",
    "alerts_duplicate",
    "alerts_phantom",
    "dead_letters_unaccounted",
]
KINDS: tuple[FindingKind, ...] = get_args(FindingKind)


@dataclass
class Findings:
    """Of all partitions so far. `events` were replayed up to the positions, `users` have a state there.

    `alerts_of_another_digest` were published under another layout, and compared by what was decided alone;
    `letters_of_another_contract` were written under another one, and compared by the record that they hold alone.
    """

    events: int = 0
    users: int = 0
    alerts_of_another_digest: int = 0
    letters_of_another_contract: int = 0
    differences: Counter[FindingKind] = field(default_factory=Counter)
    first_differences: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether nothing differs."""
        return not self.differences.total()

    def note(self, kind: FindingKind, words: str, count: int = 1) -> None:
        """Take down a difference."""
        self.differences[kind] += count
        if len(self.first_differences) < FIRST:
            self.first_differences.append(words)

    def figures(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "events": self.events,
            "users": self.users,
            "alerts_of_another_digest": self.alerts_of_another_digest,
            "letters_of_another_contract": self.letters_of_another_contract,
            **{kind: self.differences[kind] for kind in KINDS},
            "exact": self.exact,
            "first_differences": self.first_differences,
        }
