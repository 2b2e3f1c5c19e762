"""Commands that are imported when they are called, and not before."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from cli.table import Listed


class LazyCommand(TyperCommand):
    """Stands for a command in lists of commands; its callback returns the function that it stands for."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - private
        """Arguments are read, and help is given, by the command itself."""
        assert self.callback is not None
        return get_command(_alone(self.callback())).make_context(info_name, args, parent, **extra)


def _alone(function: Callable[..., object]) -> typer.Typer:
    """An application of one command, which typer makes to a command without groups."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(function)
    return app


def add_commands(app: typer.Typer, rooms: Mapping[str, Iterable[Listed]], groups: Mapping[str, str]) -> None:
    """Put the commands of a table on an application, those of two words into the group that the first word names."""
    made: dict[str, typer.Typer] = {}
    for room, commands in rooms.items():
        for command in commands:
            group, _, name = command.name.rpartition(" ")
            if group and group not in made:
                made[group] = typer.Typer(no_args_is_help=True, help=groups[group])
                made[group].callback()(_nothing)
                app.add_typer(made[group], name=group, rich_help_panel=room)
            where = made[group] if group else app
            panel = None if group else room
            where.command(name, cls=LazyCommand, help=command.line, rich_help_panel=panel)(_loader(command.place))


def _loader(place: str) -> Callable[[], object]:
    module, _, name = place.partition(":")

    def load() -> object:
        found: object = getattr(import_module(module), name)
        return found

    return load


def _nothing() -> None:
    """A group of a single command is a group."""
