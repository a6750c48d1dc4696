"""One resolution as a build asks for it, and what of the answer the tests look at. (Starts pip.)"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lambda_wheels.progress import silent
from lambda_wheels.resolution.child import Preference
from lambda_wheels.resolution.index_options import local_paths
from lambda_wheels.resolution.requirements import read_requirements
from lambda_wheels.resolution.resolution import Resolution
from lambda_wheels.resolution.resolve import resolve
from lambda_wheels.resolution.turns import Turns
from lambda_wheels.targets import Target

ARM = Target("python3.13", "arm64")
INTEL = Target("python3.12", "x86_64")
OLD = Target("python3.11", "x86_64")


def run_resolve(
    folder: Path,
    given: str | Path | Iterable[str | Path],
    *,
    target: Target = ARM,
    stored: str = "",
    turns: Turns | None = None,
    scratch: Path | None = None,
    preferred: Iterable[Preference] = (),
    **options: Any,
) -> Resolution:
    """Resolve ``given`` below ``folder``, with little patience for a server that fails."""
    patience = {"retries": 0, "timeout": 2}
    return resolve(
        read_requirements(given, local_paths(options)),
        target,
        patience | options,
        scratch=scratch or Path(tempfile.mkdtemp(dir=folder)),
        stored=stored,
        turns=turns,
        preferred=preferred,
        progress=silent,
    )


def pins(resolution: Resolution) -> dict[str, str]:
    """What was chosen: project to version."""
    return {wheel.name: str(wheel.version) for wheel in resolution.wheels}


def files(resolution: Resolution) -> list[str]:
    """The file names of what was chosen."""
    return [wheel.filename for wheel in resolution.wheels]
