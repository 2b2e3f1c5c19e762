"""Refuses libraries of other versions than the ones whose internals we rely on."""

from collections.abc import Mapping
from importlib.metadata import version

from schemas.errors import ContractViolation


def demand_versions(who: str, tested: Mapping[str, str]) -> None:
    """Raises ContractViolation unless each package is there in the version that `who` was tested with."""
    for package, wanted in tested.items():
        if (found := version(package)) != wanted:
            raise ContractViolation(
                f"{who} tested with {package} {wanted}, here is {found}: install what requirements.lock names"
            )
