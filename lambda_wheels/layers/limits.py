"""What is too large about a layer. (Pure.)"""

from __future__ import annotations

from collections.abc import Mapping

from packaging.utils import NormalizedName

from lambda_wheels.problems import Problem
from lambda_wheels.targets.limits import UNZIPPED_LIMIT, ZIP_ENTRIES_LIMIT, ZIP_SIZE_LIMIT

_NAMED_PROJECTS = 20


def check_limits(
    files: int, unzipped: int, zipped: int, sizes: Mapping[NormalizedName, int], *, compiled: int = 0
) -> list[Problem]:
    """What is too large about a layer.

    :param files: how many there are.
    :param unzipped: bytes of all files together.
    :param zipped: bytes of the zip.
    :param sizes: bytes of each project's files, unzipped.
    :param compiled: how many of the unzipped bytes are bytecode that was compiled for the layer.
    """
    problems = []
    if unzipped > UNZIPPED_LIMIT:
        problems.append(
            Problem(
                rule="too-large",
                message=f"the layer is {unzipped:,} bytes unzipped, {unzipped - UNZIPPED_LIMIT:,} more than Lambda's "
                f"{UNZIPPED_LIMIT:,}: {_by_project(sizes)}{_bytecode(compiled)}",
                hint="build without bytecode"
                if compiled and unzipped - compiled <= UNZIPPED_LIMIT
                else "leave out a project, or build a container image instead",
            )
        )
    if files > ZIP_ENTRIES_LIMIT:
        problems.append(
            Problem(
                rule="too-many-files",
                message=f"the layer has {files:,} files; a zip without zip64 holds {ZIP_ENTRIES_LIMIT:,}",
                hint="leave out a project",
            )
        )
    if zipped > ZIP_SIZE_LIMIT:
        problems.append(
            Problem(
                rule="too-many-files",
                message=f"the zip would be {zipped:,} bytes; without zip64 it can be {ZIP_SIZE_LIMIT:,}",
                hint="leave out a project",
            )
        )
    return problems


def _bytecode(compiled: int) -> str:
    return f"; {compiled:,} of it are bytecode" if compiled else ""


def _by_project(sizes: Mapping[NormalizedName, int]) -> str:
    """``scipy 96,000,000, numpy 60,000,000``: the largest first."""
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{name} {size:,}" for name, size in largest[:_NAMED_PROJECTS]]
    if rest := largest[_NAMED_PROJECTS:]:
        parts.append(f"{len(rest)} others {sum(size for _, size in rest):,}")
    return ", ".join(parts)
