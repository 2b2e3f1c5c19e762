"""How the data of an event raise signals: each source names the fields that it reads, and what it is called."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """Raises what is called (`kind`, the text in `field`)."""

    kind: str
    field: str


@dataclass(frozen=True)
class Own:
    """Raises what is called (`kind`, the text in `by`) with the number in `field`, in units of 1 / `scale`, if there is
    one; without `by` it is called (`kind`, `field`)."""

    kind: str
    field: str
    scale: int
    by: str = ""


@dataclass(frozen=True)
class Measures:
    """Raises what is called (`kind`, name) with each number in `field` whose name the workload declares.

    To a workload that knows it, it is called (`kind`, the text in `by`, a point and the name).
    """

    kind: str
    field: str
    by: str


@dataclass(frozen=True)
class Attributes:
    """Raises, for each entry of `field`, what is called (`kind`, name=text); what is called ("number", name) with the
    entry's number or ("category", name) with the text's place among the declared if the workload declares it so."""

    kind: str
    field: str


FieldSource = Named | Own | Measures | Attributes
