"""The arguments with which pip is run, and the plain command that a person would type. (Pure.)"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from lambda_wheels.resolution.redaction import public_url, redact
from lambda_wheels.resolution.requirements import Requirements
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.targets import Target


def target_arguments(target: Target) -> list[str]:
    """What makes pip choose wheels for ``target``.

    Every platform is named, newest first: pip expands only manylinux2014 and older and ranks them in the order given.
    The full Python version is given, since ``3.12`` would mean 3.12.0 to ``Requires-Python``. The ABI is given, since
    pip would otherwise take the host's debug and free-threading flags for it.
    """
    return [
        "--only-binary=:all:",
        *(argument for platform in target.platforms for argument in ("--platform", platform)),
        "--python-version",
        target.python,
        "--implementation",
        "cp",
        "--abi",
        target.interpreter,
    ]


def _dry_run(target: Target) -> list[str]:
    return [
        "install",
        "--dry-run",
        "--ignore-installed",
        "--break-system-packages",  # it installs nothing, but would refuse that where this Python is the system's
        "--no-input",
        "--disable-pip-version-check",
        *target_arguments(target),
    ]


def resolve_arguments(target: Target, requirements: Requirements, options: Sequence[str], report: Path) -> list[str]:
    """pip chooses the wheels for ``requirements`` and writes down which, to ``report``."""
    files = [argument for file in requirements.files for argument in ("--requirement", str(file))]
    # As URLs, since pip takes what follows a semicolon in a path for a marker. First, since pip asks the indexes for a
    # project that is required before it knows that a wheel of it was given, and ends where they have none.
    named = [*(wheel.absolute().as_uri() for wheel in requirements.wheels), *requirements.strings]
    return [*_dry_run(target), f"--report={report}", *options, *files, "--", *named]


def download_arguments(target: Target, wheels: Iterable[ResolvedWheel], options: Sequence[str]) -> list[str]:
    """pip downloads exactly ``wheels`` and checks their hashes; the runner keeps what comes.

    The index options go along since credentials in an index's URL serve for files on the same host too.
    """
    named = [f"{wheel.name} @ {wheel.url}#sha256={wheel.sha256}" for wheel in wheels]
    return [*_dry_run(target), "--no-deps", *options, "--", *named]


def plain_command(
    target: Target, wheels: Iterable[ResolvedWheel], options: Sequence[str], folder: str = "python"
) -> str:
    """The literal pip command whose tree a layer's ``folder`` equals, without anything secret."""
    named = [public_url(wheel.url) if wheel.direct else f"{wheel.name}=={wheel.version}" for wheel in wheels]
    return shlex.join(
        ["pip", "install", "--target", folder, *target_arguments(target), "--no-deps", "--no-compile"]
        + [redact(option) for option in options if option != "--require-hashes"]  # "==" on a command line has no hash
        + named
    )
