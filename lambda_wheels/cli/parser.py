"""The command's arguments. Flags are pip's where pip has one. (Prints its own help.)"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

_EPILOG = "Documentation: every error has a section under its name, error[NAME], in the reference of errors."

_COMMANDS: Final = {
    "build": "build a layer of requirements and all that they need",
    "fetch": "put the wheels, proven, into a folder",
    "lock": "write down which wheels requirements are, for any tool to read",
    "check": "tell whether a layer works in Lambda, or is what a lock makes",
    "explain": "tell which version each runtime would get, and why not the newest",
    "publish": "make a layer version of a zip, in every region that is to have it",
    "attach": "let functions use a layer version",
    "detach": "take a layer from functions",
    "prune": "delete old versions of a layer that no function uses",
    "inspect": "show what a layer, a layer version or a function's layers hold",
    "runtimes": "list Lambda's Python runtimes",
    "cache": "look after the store of proven wheels",
}
"""What each does, in the order of the help."""

_MODULES: Final = {"fetch": "build", "detach": "attach"}
"""The modules of this room that hold a command of another name."""

_OF_AWS: Final = frozenset({"publish", "attach", "detach", "prune", "inspect"})


class _Version(argparse.Action):
    """Prints the version; looked up when it is asked for, since that takes longer than all the rest of the parser."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"lambda-wheels {version('lambda-wheels')}")
        parser.exit()


class _Parser(argparse.ArgumentParser):
    """Repeats of what it refuses nothing secret: a flag with a slip in it may have a password for its value."""

    def error(self, message: str) -> NoReturn:
        """Say so on stderr, and end."""
        from lambda_wheels.resolution.redaction import redact  # here: it takes longer than a small build

        super().error(redact(message))

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """What becomes of an argument's texts: before Python 3.13, of the text in ``--output=--`` an empty list."""
        if action.option_strings and "--" in arg_strings:
            raise argparse.ArgumentError(action, "-- is no value; what has that name is ./--")
        return super()._get_values(action, arg_strings)


class _Command(_Parser):
    """A command's arguments, flags and requirements in any order, as pip takes them."""

    _splitting = False

    def __init__(self, *, fill: Callable[[argparse.ArgumentParser], None], **settings: Any) -> None:
        """``fill`` adds the arguments when they are needed: those of all commands take longer than a small build."""
        super().__init__(**settings)
        self._fill = fill

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Called for the command by the parser of the whole line, and by ``argparse`` for each half of the work."""
        if self._splitting:
            return super().parse_known_args(args, namespace)
        self._fill(self)
        self._splitting = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._splitting = False


def make_parser() -> argparse.ArgumentParser:
    """The parser; ``run`` of what it returns is the function to call with it."""
    parser = _Parser(
        prog="lambda-wheels",
        description="Build AWS Lambda layers from wheels, on any machine, without Docker.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    # Told its name, it need not make a usage text to find it, which brings much along.
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Command, prog=parser.prog)
    for name, summary in _COMMANDS.items():
        _add_command(commands, name, summary)
    return parser


def _add_command(commands: Any, name: str, summary: str) -> None:
    """Add a command, whose arguments and whose work are imported when it is asked for."""
    module = _MODULES.get(name, name)
    arguments = "aws_arguments" if name in _OF_AWS else "arguments"

    def run(options: argparse.Namespace) -> int:
        code: int = getattr(importlib.import_module(f"lambda_wheels.cli.{module}"), name)(options)
        return code

    def fill(parser: argparse.ArgumentParser) -> None:
        _fill_words(parser)
        getattr(importlib.import_module(f"lambda_wheels.cli.{arguments}"), f"fill_{name}")(parser)

    description = summary[0].upper() + summary[1:] + "."
    parser = commands.add_parser(name, help=summary, description=description, allow_abbrev=False, fill=fill)
    parser.set_defaults(run=run)


def _fill_words(parser: argparse.ArgumentParser) -> None:
    words = parser.add_argument_group("words")
    words.add_argument(
        "-v", "--verbose", action="store_true", help="say more: pip's own words, and the plain pip command"
    )
    words.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    words.add_argument("--json", action="store_true", help="print the result, or the problems, as JSON")
