"""A command group that imports a command's module only when that command is run or asked for help."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from typer import Typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from cove_rl.errors import CoveError


class LazyGroup(TyperGroup):
    """A group whose commands are names and one-line helps until one of them is resolved.

    Subclass it with the commands and give the subclass to `typer.Typer(cls=...)`.

    Attributes:
        package: where the commands live; command ``name`` is in module ``<package>.<name>``, as a `typer.Typer`
            called ``app`` (a sub-group) or as a function called ``name`` (a single command); a hyphen is an underscore
            there.
        lazy: command name -> the line that the group's help shows, equal to the first line of the command's own help.
    """

    package: str
    lazy: Mapping[str, str]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, line in self.lazy.items():
            self.add_command(TyperCommand(name, help=line))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that `args` names, with its module imported, and the arguments left for it."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self.lazy:
            command = self.load(name)
        return name, command, rest

    def load(self, name: str) -> Any:
        """Return the real command of that name.

        Raises:
            CoveError: if its module, or a package that the module needs, is not installed.
        """
        try:
            module = import_module(f"{self.package}.{name.replace('-', '_')}")
        except ModuleNotFoundError as fault:
            raise CoveError(_missing(name, fault.name or "")) from fault
        app = getattr(module, "app", None)
        if isinstance(app, Typer):
            command: Any = get_group(app)
        else:
            single = Typer(add_completion=False, rich_markup_mode=self.rich_markup_mode)
            single.command(name)(getattr(module, name.replace("-", "_")))
            command = get_command(single)
        command.name = name
        return command


def _missing(command: str, module: str) -> str:
    """Say why a command cannot be loaded, and what to do."""
    if module.startswith("cove_rl"):
        return f"'{command}' is not part of this installation of cove_rl ({module} is missing); reinstall the package"
    return f"'{command}' needs the package '{module}'; the extras that bring it are listed in pyproject.toml"
