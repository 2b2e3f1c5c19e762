"""Each public class and type has a name of its own in the whole house: whoever reads it need not ask which one."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from tests.unit.test_import_contracts import REPOSITORY, ROOTS

SESSION = "stream_app/partition/session.py"
PLANTED = "operations/planted.py"
OTHERS = (
    "class Session: ...",
    "class _Run: ...",
    "LIMIT = 1",
    "Say = Callable[[str], None]",
    "Answer = TypeVar('Answer', bound=str)",
)


@cache
def shipped() -> dict[str, str]:
    """The text of every module by its path."""
    paths = (path for root in ROOTS for path in (REPOSITORY / root).rglob("*.py"))
    return {str(path.relative_to(REPOSITORY)): path.read_text() for path in paths}


def named_twice(modules: Mapping[str, str]) -> dict[str, list[str]]:
    """Public names of classes and types that several modules define, and those modules.

    The same alias of the same type is one idea, and a type variable belongs to its module alone.
    """
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for path, text in modules.items():
        for name, meaning in _types(ast.parse(text), path):
            found[name][path] = meaning
    return {name: sorted(meanings) for name, meanings in found.items() if len(set(meanings.values())) > 1}


def _types(module: ast.Module, path: str) -> Iterator[tuple[str, str]]:
    """Names and what they mean: a class means what no other does, an alias what it is an alias of."""
    for node in module.body:
        match node:
            case ast.ClassDef(name=name):
                meaning = f"the class in {path}"
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not _is_type_variable(value):
                meaning = ast.unparse(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                meaning = ast.unparse(value)
            case _:
                continue
        if name[0].isupper() and not name.isupper():
            yield name, meaning


def _is_type_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "TypeVar"


def test_no_public_type_is_named_like_another() -> None:
    assert named_twice(shipped()) == {}


@pytest.mark.parametrize(
    "planted",
    [
        "class Session: ...",
        "Session = tuple[str, int]",
        "Session: type = dict",
        "import enum\nSession = enum.Enum('Session', 'OPEN')",
    ],
)
def test_a_planted_second_meaning_is_named_with_both_modules(planted: str) -> None:
    modules = {SESSION: shipped()[SESSION], PLANTED: planted}
    assert named_twice(modules) == {"Session": [PLANTED, SESSION]}


@pytest.mark.parametrize(
    "innocent",
    [
        "class _Run: ...",
        "LIMIT = 2",
        "Say = Callable[[str], None]",
        "Answer = TypeVar('Answer')",
        "from stream_app.partition.session import Session",
    ],
)
def test_private_names_constants_the_same_alias_type_variables_and_imports_are_no_second_meaning(innocent: str) -> None:
    assert named_twice({SESSION: "\n".join(OTHERS), PLANTED: innocent}) == {}


def test_every_term_of_the_glossary_is_explained_once() -> None:
    glossary = (REPOSITORY / "docs" / "glossary.md").read_text()
    terms = Counter(re.findall(r"^\| (\*\*.+?) \|", glossary, re.MULTILINE))
    assert len(terms) > 80
    assert [term for term, times in terms.items() if times > 1] == []
