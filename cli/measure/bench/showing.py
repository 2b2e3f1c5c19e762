"""How what was measured is shown, and what is said meanwhile."""

from collections.abc import Mapping

from cli.console import ERR, OUT, print_json


def say(text: str) -> None:
    """Tell whoever waits what is being done."""
    ERR.print(text, markup=False)


def show(results: Mapping[str, object], as_json: bool) -> None:
    """What was measured: one JSON object, or a line for each figure."""
    if as_json:
        print_json(results)
        return
    for name, result in results.items():
        if not isinstance(result, Mapping):
            OUT.print(f"{name:<38} {_shown(result)}", markup=False)
            continue
        OUT.print(name, style="bold")
        for what, value in result.items():
            OUT.print(f"  {what:<36} {_shown(value)}", markup=False, soft_wrap=True)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
    return f"{value:,}" if isinstance(value, (int, float)) else "-" if value is None else str(value)
