"""`bangfu …`, also `python -m bangfu …`. Exit status: 0 done, 1 refused with reasons, 2 wrong words."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from bangfu.common.frames import with_room

COMMANDS = Path(__file__).parent / "commands"


class Help(click.HelpFormatter):
    """click's help with Chinese headings."""

    HEADINGS = {"Options": "选项", "Commands": "命令", "Arguments": "参数"}

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "用法：")

    def write_heading(self, heading: str) -> None:
        super().write_heading(self.HEADINGS.get(heading, heading))


class Commands(click.Group):
    """Commands are found by file name in `bangfu/commands/`, and only the one asked for is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(f.stem.replace("_", "-") for f in COMMANDS.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"bangfu.commands.{name.replace('-', '_')}").command
        return command


@click.command(cls=Commands, subcommand_metavar="命令 [选项] …", options_metavar="", no_args_is_help=True)
@click.help_option("-h", "--help", help="显示这份说明。")
def cli() -> None:
    """帮扶：县级精准帮扶工作系统。每个命令后加 --help 可看它的说明。"""


@with_room
def main(arguments: list[str] | None = None) -> Any:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.settings")
    click.Context.formatter_class = Help
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that lacks a character shows "?" instead of failing
            stream.reconfigure(errors="replace")
    try:
        return cli(arguments, prog_name="bangfu", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        return 130
    except click.UsageError as error:
        click.echo(_wrong_words(error), err=True)
        return 2
    except click.ClickException as error:
        click.echo(error.format_message(), err=True)
        return 1
    except KeyboardInterrupt:
        return 130


def _wrong_words(error: click.UsageError) -> str:
    """click speaks English; what is wrong with the words is said in Chinese, with the way to the help."""
    told = error.format_message()
    match error:
        case click.NoSuchOption():
            told = f"没有 {error.option_name} 这个选项。"
        case click.MissingParameter():
            told = f"缺少 {error.param.human_readable_name if error.param else ''}。"
        case click.BadParameter():
            told = f"{error.param.human_readable_name if error.param else ''} 的内容不对：{error.message}"
        case click.BadOptionUsage():
            told = f"选项 {error.option_name} 的用法不对：{error.message}"
        case _ if told.startswith("No such command"):
            told = f"没有这个命令：{told.removeprefix('No such command ').rstrip('.')}。"
        case _ if told.startswith("Got unexpected extra argument"):
            told = f"多出了这些内容：{told.partition('(')[2].rstrip(')')}。"
    path = error.ctx.command_path if error.ctx else "bangfu"
    return f"{told}\n说明：{path} --help"


if __name__ == "__main__":
    sys.exit(main())
