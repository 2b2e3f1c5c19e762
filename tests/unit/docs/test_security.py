"""docs/security.md says what the code says: its tables are made of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from operations.rights.tables import markdown
from stream_app.deployment import Deployment, Topics
from stream_app.settings import Settings

DOCUMENT = Path(__file__).parents[3] / "docs" / "security.md"


def settings_table() -> str:
    """Every setting of a connection."""
    return "| setting | meaning |\n| --- | --- |\n" + "".join(
        f"| `{name.upper()}` | {field.description} |\n"
        for name, field in Settings.model_fields.items()
        if name.startswith(("kafka_", "redis_"))
    )


@pytest.mark.parametrize(
    ("part", "wanted"), [("settings", settings_table()), ("rights", markdown(Deployment("churn", Topics())))]
)
def test_a_table_says_what_the_code_says(part: str, wanted: str, golden: Callable[[Path, str], None]) -> None:
    begin, end = f"<!-- {part} -->\n", f"<!-- end of {part} -->\n"
    before, rest = DOCUMENT.read_text().split(begin)
    _, after = rest.split(end)
    golden(DOCUMENT, before + begin + wanted + end + after)
