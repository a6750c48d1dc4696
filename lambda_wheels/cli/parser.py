"""The command's arguments. Flags are pip's where pip has one. (Prints its own help.)"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

_EPILOG = "Documentation: every error has a section under its name, error[NAME], in the reference of errors."


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
    for name, module, fill, summary in (
        ("build", "build", _fill_build, "build a layer of requirements and all that they need"),
        ("fetch", "build", _fill_fetch, "put the wheels, proven, into a folder"),
        ("lock", "lock", _fill_lock, "write down which wheels requirements are, for any tool to read"),
        ("check", "check", _fill_check, "tell whether a layer works in Lambda, or is what a lock makes"),
        ("explain", "explain", _fill_explain, "tell which version each runtime would get, and why not the newest"),
        ("publish", "publish", _fill_publish, "make a layer version of a zip, in every region that is to have it"),
        ("attach", "attach", _fill_attach, "let functions use a layer version"),
        ("detach", "attach", _fill_detach, "take a layer from functions"),
        ("prune", "prune", _fill_prune, "delete old versions of a layer that no function uses"),
        ("inspect", "inspect", _fill_inspect, "show what a layer, a layer version or a function's layers hold"),
        ("runtimes", "runtimes", _fill_nothing, "list Lambda's Python runtimes"),
        ("cache", "cache", _fill_cache, "look after the store of proven wheels"),
    ):
        _add_command(commands, name, module, fill, summary)
    return parser


def _add_command(
    commands: Any, name: str, module: str, fill: Callable[[argparse.ArgumentParser], None], summary: str
) -> None:
    """Add a command, whose function of the same name is imported from ``module`` of this room when it is run."""

    def run(options: argparse.Namespace) -> int:
        code: int = getattr(importlib.import_module(f"lambda_wheels.cli.{module}"), name)(options)
        return code

    def fill_all(parser: argparse.ArgumentParser) -> None:
        _fill_words(parser)
        fill(parser)

    description = summary[0].upper() + summary[1:] + "."
    parser = commands.add_parser(name, help=summary, description=description, allow_abbrev=False, fill=fill_all)
    parser.set_defaults(run=run)


def _fill_words(parser: argparse.ArgumentParser) -> None:
    words = parser.add_argument_group("words")
    words.add_argument(
        "-v", "--verbose", action="store_true", help="say more: pip's own words, and the plain pip command"
    )
    words.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    words.add_argument("--json", action="store_true", help="print the result, or the problems, as JSON")


def _fill_nothing(parser: argparse.ArgumentParser) -> None:
    """For a command without arguments of its own."""


def _fill_build(parser: argparse.ArgumentParser) -> None:
    _add_wheels(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=_output,
        metavar="PATH",
        help="a zip if it ends in .zip, else a folder that holds python/",
    )
    parser.add_argument("--scripts", action="store_true", help="put the projects' scripts into the layer's bin/")
    parser.add_argument("--bytecode", action="store_true", help="add bytecode, so that the first import is faster")
    parser.add_argument(
        "--bytecode-python",
        type=_not_empty,
        metavar="PATH",
        help="the interpreter that compiles it (--bytecode alone looks for one)",
    )
    _add_lib(parser, "a shared object to bring along in the layer's lib/, where Lambda's loader looks")
    _add_index(parser)


def _fill_fetch(parser: argparse.ArgumentParser) -> None:
    _add_wheels(parser)
    parser.add_argument(
        "-o", "--output", required=True, type=_output, metavar="FOLDER", help="the folder; made if need be"
    )
    _add_index(parser)


def _fill_lock(parser: argparse.ArgumentParser) -> None:
    _add_wheels(parser, several=True)
    parser.add_argument(
        "-o",
        "--output",
        default="pylock.toml",
        type=_output,
        metavar="FILE",
        help="pylock.toml (as without it) or pylock.NAME.toml; what is there is kept as far as it can be",
    )
    parser.add_argument("-U", "--upgrade", action="store_true", help="choose everything anew")
    parser.add_argument(
        "-P",
        "--upgrade-project",
        action="append",
        default=[],
        metavar="NAME",
        help="choose this project anew (repeatable)",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the lock would change")
    _add_lib(parser, "a shared object that the layers will bring along")
    _add_index(parser)


def _fill_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "layer",
        type=_not_empty,
        metavar="LAYER",
        help="a zip, a folder that holds python/, a wheel, or a layer version's ARN",
    )
    parser.add_argument(
        "wheels", nargs="*", type=_not_empty, metavar="WHEEL", help="a wheel that was given beside the lock"
    )
    for name, example in (("runtime", "Lambda's identifier, python3.13"), ("architecture", "arm64 or x86_64")):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            type=_not_empty,
            help=f"{example} (repeatable); a layer of ours says itself",
        )
    _add_waivers(parser, "let warnings be errors")
    parser.add_argument("--imports", action="store_true", help="import every module, by the Python that it is for")
    parser.add_argument("--python", type=_not_empty, metavar="PATH", help="that Python (else one is looked for)")
    parser.add_argument(
        "--root", type=_not_empty, metavar="FOLDER", help="what is like / of the target, for another machine's Python"
    )
    parser.add_argument(
        "--lock", type=_not_empty, metavar="FILE", help="a lock, pylock.toml, to compare a layer of ours with"
    )
    _add_lib(parser, "a library that was brought along when it was built")
    parser.add_argument(
        "--bytecode-python", type=_not_empty, metavar="PATH", help="who compiles, where that has bytecode"
    )
    _add_index(parser)
    _add_profile(parser.add_argument_group("AWS options, for an ARN (its environment and configuration count too)"))


def _fill_explain(parser: argparse.ArgumentParser) -> None:
    _add_requirements(parser, "a requirement file (repeatable)")
    parser.add_argument("--runtime", action="append", help="Lambda's identifier, python3.13 (repeatable; else all)")
    parser.add_argument("--architecture", action="append", help="arm64 or x86_64 (repeatable; else both)")
    _add_index(parser)


def _fill_publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("layer", type=_not_empty, metavar="LAYER", help="a zip, whoever made it")
    parser.add_argument("--name", required=True, type=_not_empty, help="the layer's")
    parser.add_argument("--description", type=str, metavar="TEXT", help="what it is (else the projects are named)")
    parser.add_argument("--license", default="", metavar="TEXT", help="an SPDX identifier, a URL, or a text")
    parser.add_argument(
        "--share-with",
        action="append",
        default=[],
        type=_not_empty,
        metavar="WHOM",
        help="an account's 12 digits, an organisation as o-a1b2c3d4e5, or everyone (repeatable)",
    )
    parser.add_argument(
        "--bucket",
        type=_not_empty,
        metavar="NAME",
        help="send the zip through this bucket; layers-{region} names one for each region",
    )
    parser.add_argument("--keep", action="store_true", help="leave the zip in the bucket")
    parser.add_argument(
        "--storage-mode", choices=["COPY", "REFERENCE"], help="REFERENCE: let Lambda read the bucket, and keep it there"
    )
    for name, example in (("runtime", "python3.13"), ("architecture", "arm64")):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            type=_not_empty,
            help=f"a compatible {name}, {example} (repeatable); a layer of ours says itself",
        )
    _add_aws(parser, several=True)


def _fill_attach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("layer", type=_not_empty, metavar="ARN", help="of a layer version, as publish prints it")
    _add_functions(parser)
    parser.add_argument("--position", type=int, metavar="N", help="the layer's place in the list, counted from 1")
    _add_aws(parser, several=False, region="that of functions given by name; else the layer version's")


def _fill_detach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("layer", type=_not_empty, metavar="LAYER", help="its name, its ARN, or that of a version")
    _add_functions(parser)
    _add_aws(parser, several=False, region="that of functions given by name; else that in the ARN, or the session's")


def _fill_prune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", type=_not_empty, metavar="NAME", help="the layer's")
    parser.add_argument("--keep", required=True, type=int, metavar="N", help="how many of the newest stay in any case")
    _add_aws(parser, several=True)


def _fill_inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", type=_not_empty, metavar="WHAT", help="a zip, a folder, the ARN of a layer version, or a function"
    )
    _add_aws(parser, several=False, dry_run=False, region="that of a function given by name; else the session's")


def _add_functions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--function",
        action="append",
        required=True,
        type=_not_empty,
        metavar="NAME",
        help="a function's name or ARN (repeatable)",
    )
    parser.add_argument("--publish", action="store_true", help="make a new version of the function afterwards")
    parser.add_argument("--restore", action="store_true", help="put the former list back if the update fails")


def _fill_cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["dir", "info", "verify", "clear"], help="what to do")


def _add_wheels(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """What is to be built, and what for: one architecture, or ``several``."""
    _add_requirements(
        parser,
        "a requirement file (repeatable)" if several else "a requirement file (repeatable), or a lock: pylock.toml",
    )
    repeatable = " (repeatable)" if several else ""
    parser.add_argument(
        "--runtime", required=True, action="append", help="Lambda's identifier, python3.13 (repeatable)"
    )
    choices = f"arm64 or x86_64{repeatable}" if several else "arm64, x86_64, or auto: arm64 if all of it exists there"
    # Where there can be one only, the library refuses a second one; argparse would take the last without a word.
    parser.add_argument("--architecture", required=True, action="append", help=choices)
    parser.add_argument(
        "--allow", action="append", default=[], metavar="RULE:PROJECT", help="let a finding stand (repeatable)"
    )
    parser.add_argument("--strict", action="store_true", help="let warnings stop the build")


def _add_requirements(parser: argparse.ArgumentParser, files: str) -> None:
    """What is asked for; ``files`` says which files may be named."""
    parser.add_argument(
        "requirements",
        nargs="*",
        metavar="REQUIREMENT",
        help="a requirement (PEP 508); with a path separator or ending in .whl, a wheel",
    )
    parser.add_argument("-r", "--requirement", action="append", default=[], metavar="FILE", help=files)


def _add_lib(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--lib", action="append", default=[], type=_not_empty, metavar="PATH", help=f"{what} (repeatable)"
    )


def _add_waivers(parser: argparse.ArgumentParser, strict: str) -> None:
    parser.add_argument(
        "--allow", action="append", default=[], metavar="RULE:PROJECT", help="let a finding stand (repeatable)"
    )
    parser.add_argument("--strict", action="store_true", help=strict)


def _add_index(parser: argparse.ArgumentParser) -> None:
    """pip's options, under pip's names; what is not given comes from pip's own configuration."""
    index = parser.add_argument_group("index options (pip's own; its configuration counts too)")
    once: dict[str, Any] = {"default": argparse.SUPPRESS}
    index.add_argument("-i", "--index-url", metavar="URL", help="the package index", **once)
    _several(index, "--extra-index-url", metavar="URL", help="a further index")
    _several(index, "-f", "--find-links", metavar="PLACE", help="a folder of wheels, or a page with links to some")
    index.add_argument("--no-index", action="store_true", help="look at no index", **once)
    _several(index, "-c", "--constraint", metavar="FILE", help="a file of constraints")
    index.add_argument("--pre", action="store_true", help="take pre-releases too", **once)
    index.add_argument("--uploaded-prior-to", metavar="TIME", help="take only what was uploaded before then", **once)
    index.add_argument("--require-hashes", action="store_true", help="require a hash for every requirement", **once)
    _several(index, "--trusted-host", metavar="HOST", help="a host to read without HTTPS")
    index.add_argument("--cert", metavar="FILE", help="certificates to trust", **once)
    index.add_argument("--client-cert", metavar="FILE", help="a client certificate with its key", **once)
    index.add_argument("--proxy", metavar="URL", help="a proxy", **once)
    index.add_argument(
        "--keyring-provider",
        choices=["auto", "disabled", "import", "subprocess"],
        help="who is asked for passwords",
        **once,
    )
    index.add_argument("--timeout", type=float, metavar="SECONDS", help="how long to wait for an answer", **once)
    index.add_argument("--retries", type=int, metavar="N", help="how often to try a connection again", **once)


def _add_aws(
    parser: argparse.ArgumentParser,
    *,
    several: bool,
    dry_run: bool = True,
    region: str = "eu-west-1; else that of the session",
) -> None:
    """Who calls AWS, and where; what is not given comes from the environment, as for every AWS tool."""
    aws = parser.add_argument_group("AWS options (its environment and configuration count too)")
    if several:
        _several(aws, "--region", type=_not_empty, metavar="NAME", help=region)
    else:
        aws.add_argument("--region", type=_not_empty, metavar="NAME", help=region)
    _add_profile(aws)
    if dry_run:
        aws.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")


def _add_profile(group: Any) -> None:
    group.add_argument("--profile", type=_not_empty, metavar="NAME", help="a profile of ~/.aws/config")


def _output(text: str) -> str:
    """Not the empty string, which as a path is the working directory: a variable was not set."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; the working directory is .")
    return text


def _not_empty(text: str) -> str:
    """Not the empty string: a variable was not set."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def _several(group: Any, *flags: str, **settings: Any) -> None:
    """A flag that may be repeated."""
    settings["help"] += " (repeatable)"
    group.add_argument(*flags, action="append", default=argparse.SUPPRESS, **settings)
