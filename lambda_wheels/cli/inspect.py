"""``lambda-wheels inspect``. (Prints.)"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from lambda_wheels.aws.arns import is_arn, is_function_name
from lambda_wheels.aws.clients import session_of
from lambda_wheels.aws.inspect import inspect_function, inspect_layer
from lambda_wheels.aws.inspection import FunctionInspection, LayerInspection
from lambda_wheels.cli.bars import bars
from lambda_wheels.cli.words import in_bytes, say, show_result
from lambda_wheels.layers import UNZIPPED_LIMIT

_SHOWN = 15
"""Projects of a layer that are listed; ``--json`` has them all."""


def inspect(options: argparse.Namespace) -> int:
    """Show it. Problems are shown, and change nothing about the exit code: ``check`` judges."""
    session = session_of(options.profile)
    with bars(options) as progress:
        if _is_layer(options.what, quiet=options.quiet):
            seen: LayerInspection | FunctionInspection = inspect_layer(options.what, session=session, progress=progress)
        else:
            seen = inspect_function(options.what, region=options.region, session=session, progress=progress)
    lines = _layer_lines(seen) if isinstance(seen, LayerInspection) else _function_lines(seen)
    show_result(options, seen.problems, seen.as_dict(), lines)
    return 0


def _is_layer(what: str, *, quiet: bool) -> bool:
    """A layer version by its ARN, a file by its path; what may be a function's name is one, if no layer is here.

    Where something of that name is here, it is said what the name was taken for.
    """
    if is_arn(what):
        return ":function:" not in what
    if not is_function_name(what):
        return True
    is_layer = is_here = False
    with contextlib.suppress(OSError):  # as it is too long for a file
        is_here = Path(what).exists()
        is_layer = Path(what).is_file() or Path(what, "python").is_dir()
    if is_here and not quiet:
        if is_layer:
            say(f"note: {what} is taken for the layer that has that name here; a function's ARN names a function")
        else:
            say(f"note: {what} is taken for a function; what has that name here is no layer")
    return is_layer


def _layer_lines(layer: LayerInspection) -> list[str]:
    size = f"{in_bytes(layer.unzipped_size)} unzipped"
    if layer.zip_size is not None:
        size = f"{in_bytes(layer.zip_size)} ({size})"
    rows = [
        ("size", size),
        ("built for", " and ".join(map(str, layer.targets)) if layer.is_ours else ""),
        ("runs on", _fits(layer)),
        ("description", layer.description),
        ("licence", layer.license),
        ("CodeSha256", layer.code_sha256 or ""),
        ("content", layer.content_sha256),
    ]
    lines = [str(layer.arn or layer.path), *(f"  {title:<12} {text}" for title, text in rows if text)]
    lines += [
        f"  {project.name} {project.version}: {in_bytes(project.unzipped_size)}" for project in layer.projects[:_SHOWN]
    ]
    if (more := len(layer.projects) - _SHOWN) > 0:
        lines.append(f"  and {more} more")
    return lines


def _function_lines(function: FunctionInspection) -> list[str]:
    code = "unknown" if function.code_size is None else in_bytes(function.code_size)
    lines = [
        f"{function.function}: {function.runtime} on {function.architecture}",
        f"  code {code}, with layers {in_bytes(function.unzipped_size)} unzipped; of Lambda's {UNZIPPED_LIMIT:,} bytes "
        f"{function.left:,} are left",
    ]
    for layer in function.layers:
        lines += _layer_lines(layer)
    for name, arns in function.projects_twice.items():
        lines.append(f"{name} is in {len(arns)} layers: {', '.join(arns)}; files of the last one are used")
    return lines


def _fits(layer: LayerInspection) -> str:
    if not layer.compatible_runtimes and not layer.compatible_architectures:
        return ""
    runtimes = ", ".join(layer.compatible_runtimes) or "any runtime"
    return f"{runtimes} on {', '.join(layer.compatible_architectures) or 'any architecture'}"
