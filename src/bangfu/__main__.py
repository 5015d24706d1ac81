"""`bangfu …`, also `python -m bangfu …`. Exit status: 0 done, 1 refused with reasons, 2 wrong words."""

import os
import sys
from pathlib import Path
from typing import Any

import click

COMMANDS = Path(__file__).parent / "commands"


class Commands(click.Group):
    """Commands are found by file name in `bangfu/commands/`, and only the one asked for is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(f.stem.replace("_", "-") for f in COMMANDS.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        from importlib import import_module

        if name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"bangfu.commands.{name.replace('-', '_')}").command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """帮扶 Bangfu."""


def main(arguments: list[str] | None = None) -> Any:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.settings")
    return cli(arguments)


if __name__ == "__main__":
    sys.exit(main())
