"""``lambda-wheels build`` and ``fetch``. (Prints.)"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from lambda_wheels.build import build_layer, fetch_wheels
from lambda_wheels.cli.bars import bars
from lambda_wheels.cli.wanted import index_options, requirements
from lambda_wheels.cli.words import in_bytes, say, show_problems
from lambda_wheels.layers import DIRECT_UPLOAD_LIMIT, Layer
from lambda_wheels.problems import escape_controls


def build(options: argparse.Namespace) -> int:
    """Build the layer, and say what was made."""
    with bars(options) as progress:
        layer = build_layer(
            **_common(options),
            scripts=options.scripts,
            bytecode=options.bytecode_python or options.bytecode,
            lib=options.lib,
            progress=progress,
        )
    if not options.quiet:
        show_problems(layer.warnings)
    if options.json:
        print(json.dumps(layer.as_dict(), indent=2))
    elif not options.quiet:
        print(escape_controls(_summary(layer)))
        if (layer.zip_size or 0) > DIRECT_UPLOAD_LIMIT:
            say("note: over 50 MB zipped, so publishing it needs an S3 bucket")
    if options.verbose and not options.quiet:
        for command in layer.pip_command.splitlines():
            say(f"the same tree by pip alone: {command}")
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Put the wheels into the folder, and list them."""
    with bars(options) as progress:
        wheels = fetch_wheels(**_common(options), progress=progress)
    if options.json:
        print(json.dumps([wheel.as_dict() for wheel in wheels], indent=2))
    elif not options.quiet:
        for wheel in wheels:
            print(Path(options.output, wheel.filename))
    return 0


def _common(options: argparse.Namespace) -> dict[str, Any]:
    """The parameters that building and fetching share."""
    return {
        "requirements": requirements(options),
        "runtime": options.runtime,
        "architecture": options.architecture,
        "output": options.output,
        "allow": options.allow,
        "strict": options.strict,
        **index_options(options),
    }


def _summary(layer: Layer) -> str:
    """What was made, how large, for what."""
    runtimes = " and ".join(target.runtime for target in layer.targets)
    size = f"{in_bytes(layer.unzipped_size)} unzipped"
    if layer.zip_size is not None:
        size = f"{in_bytes(layer.zip_size)} ({size})"
    count = len({wheel.name for wheel in layer.wheels})
    projects = f"{count} {'project' if count == 1 else 'projects'}"
    return f"{layer.path}: {projects}, {size}, for {runtimes} on {layer.targets[0].architecture}"
