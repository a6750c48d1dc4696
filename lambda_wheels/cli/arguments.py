"""The arguments of the commands that make and judge layers; a function ``fill_NAME`` for each command. (Pure.)"""

from __future__ import annotations

import argparse
from typing import Any


def fill_build(parser: argparse.ArgumentParser) -> None:
    """What to build, what for, and where to."""
    _add_wheels(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=output_name,
        metavar="PATH",
        help="a zip if it ends in .zip, else a folder that holds python/",
    )
    parser.add_argument("--scripts", action="store_true", help="put the projects' scripts into the layer's bin/")
    parser.add_argument("--bytecode", action="store_true", help="add bytecode, so that the first import is faster")
    parser.add_argument(
        "--bytecode-python",
        type=not_empty,
        metavar="PATH",
        help="the interpreter that compiles it (--bytecode alone looks for one)",
    )
    _add_lib(parser, "a shared object to bring along in the layer's lib/, where Lambda's loader looks")
    _add_index(parser)


def fill_fetch(parser: argparse.ArgumentParser) -> None:
    """Which wheels, what for, and where to."""
    _add_wheels(parser)
    parser.add_argument(
        "-o", "--output", required=True, type=output_name, metavar="FOLDER", help="the folder; made if need be"
    )
    _add_index(parser)


def fill_lock(parser: argparse.ArgumentParser) -> None:
    """What to lock, what for, and what may change."""
    _add_wheels(parser, several=True)
    parser.add_argument(
        "-o",
        "--output",
        default="pylock.toml",
        type=output_name,
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


def fill_check(parser: argparse.ArgumentParser) -> None:
    """What to look at, and how closely."""
    parser.add_argument(
        "layer",
        type=not_empty,
        metavar="LAYER",
        help="a zip, a folder that holds python/, a wheel, or a layer version's ARN",
    )
    parser.add_argument(
        "wheels", nargs="*", type=not_empty, metavar="WHEEL", help="a wheel that was given beside the lock"
    )
    for name, example in (("runtime", "Lambda's identifier, python3.13"), ("architecture", "arm64 or x86_64")):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            type=not_empty,
            help=f"{example} (repeatable); a layer of ours says itself",
        )
    _add_waivers(parser, "let warnings be errors")
    parser.add_argument("--imports", action="store_true", help="import every module, by the Python that it is for")
    parser.add_argument("--python", type=not_empty, metavar="PATH", help="that Python (else one is looked for)")
    parser.add_argument(
        "--root", type=not_empty, metavar="FOLDER", help="what is like / of the target, for another machine's Python"
    )
    parser.add_argument(
        "--lock", type=not_empty, metavar="FILE", help="a lock, pylock.toml, to compare a layer of ours with"
    )
    _add_lib(parser, "a library that was brought along when it was built")
    parser.add_argument(
        "--bytecode-python", type=not_empty, metavar="PATH", help="who compiles, where that has bytecode"
    )
    _add_index(parser)
    add_profile(parser.add_argument_group("AWS options, for an ARN (its environment and configuration count too)"))


def fill_explain(parser: argparse.ArgumentParser) -> None:
    """What to explain, and for which targets."""
    _add_requirements(parser, "a requirement file (repeatable)")
    parser.add_argument("--runtime", action="append", help="Lambda's identifier, python3.13 (repeatable; else all)")
    parser.add_argument("--architecture", action="append", help="arm64 or x86_64 (repeatable; else both)")
    _add_index(parser)


def fill_runtimes(parser: argparse.ArgumentParser) -> None:
    """Nothing of its own."""


def fill_cache(parser: argparse.ArgumentParser) -> None:
    """What to do with the store."""
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
    _add_waivers(parser, "let warnings stop the build")


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
        "--lib", action="append", default=[], type=not_empty, metavar="PATH", help=f"{what} (repeatable)"
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
    add_repeatable(index, "--extra-index-url", metavar="URL", help="a further index")
    add_repeatable(
        index, "-f", "--find-links", metavar="PLACE", help="a folder of wheels, or a page with links to some"
    )
    index.add_argument("--no-index", action="store_true", help="look at no index", **once)
    add_repeatable(index, "-c", "--constraint", metavar="FILE", help="a file of constraints")
    index.add_argument("--pre", action="store_true", help="take pre-releases too", **once)
    index.add_argument("--uploaded-prior-to", metavar="TIME", help="take only what was uploaded before then", **once)
    index.add_argument("--require-hashes", action="store_true", help="require a hash for every requirement", **once)
    add_repeatable(index, "--trusted-host", metavar="HOST", help="a host to read without HTTPS")
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


def add_profile(group: Any) -> None:
    """Who calls AWS."""
    group.add_argument("--profile", type=not_empty, metavar="NAME", help="a profile of ~/.aws/config")


def output_name(text: str) -> str:
    """Not the empty string, which as a path is the working directory: a variable was not set."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; the working directory is .")
    return text


def not_empty(text: str) -> str:
    """Not the empty string: a variable was not set."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def add_repeatable(group: Any, *flags: str, **settings: Any) -> None:
    """A flag that may be repeated."""
    settings["help"] += " (repeatable)"
    group.add_argument(*flags, action="append", default=argparse.SUPPRESS, **settings)
