"""Errors are named by what the one who meets them must do.

ChurnError
├── Poison              this record can never be applied: dead-letter it and go on
├── Transient           a service did not answer as it should: back off, start a new session
└── ContractViolation   going on would be wrong: stop, say why, wait for a person
"""

from schemas.dead_letters import Reason


class ChurnError(Exception):
    """Any error of ours. Its text is one sentence for a person: what is wrong and what to do."""


class Poison(ChurnError):
    """This record can never be applied: dead-letter it under `reason` and go on."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.message = message


class Transient(ChurnError):
    """A service did not answer as it should: back off and start a new session."""


class ContractViolation(ChurnError):
    """Something that was agreed does not hold; going on would be wrong. `state` names the stop for whoever watches."""

    def __init__(self, message: str, state: str = "contract_violated") -> None:
        super().__init__(message)
        self.state = state
