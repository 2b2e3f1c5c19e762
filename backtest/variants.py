"""What decides in a row of a backtest: the log's control records, or another model or policy in their place."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import msgspec

from schemas.errors import ContractViolation
from schemas.events import ControlData, ModelRef, Policy
from stream_app.core.engine import Engine, InForce

LIVE, OWN = "live", "own"


@dataclass(frozen=True)
class ModelChoice:
    """A model under the name that the user gave it; None is the one of the log's control records."""

    name: str = LIVE
    reference: ModelRef | None = None


@dataclass(frozen=True)
class PolicyChoice:
    """A policy under the name that the user gave it; None is the log's, or, named `own`, that of the model in force."""

    name: str = LIVE
    policy: Policy | None = None


@dataclass(frozen=True)
class Variant:
    """One model with one policy."""

    model: ModelChoice = ModelChoice()
    policy: PolicyChoice = PolicyChoice()

    @property
    def is_live(self) -> bool:
        """Whether it decides as the log says."""
        return (self.model.name, self.policy.name) == (LIVE, LIVE)

    def in_force(self, engine: Engine, control: ControlData) -> InForce:
        """What decides from a control record on. Raises ContractViolation when it is missing or does not fit."""
        if self.model.reference is not None:
            control = msgspec.structs.replace(control, model=self.model.reference)
        found = engine.put_in_force(control)
        policy = found.scorer.manifest.policy if self.policy.name == OWN else self.policy.policy
        return found if policy is None else engine.put_in_force(msgspec.structs.replace(control, policy=policy))


def variants_of(models: Iterable[ModelChoice], policies: Iterable[PolicyChoice]) -> list[Variant]:
    """Every model with every policy."""
    return [Variant(model, policy) for model, policy in product(models, policies)]


def read_policy(path: Path) -> Policy:
    """The policy that a file holds: JSON, or TOML where its name ends in .toml.

    Raises ContractViolation when it cannot be read or is no policy.
    """
    decode = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
    try:
        return decode(path.read_bytes(), type=Policy)
    except OSError as error:
        raise ContractViolation(f"the policy {path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ContractViolation(f"{path} is no policy: {error}") from error
