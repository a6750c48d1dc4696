"""The error for a file in the store that is no longer what was proven. (Pure.)"""

from __future__ import annotations

from pathlib import Path

from lambda_wheels.errors import OutputError
from lambda_wheels.problems import Problem


def changed(file: Path, reason: str, hint: str = "build again, so that it is fetched again") -> OutputError:
    """The error for ``file``, a wheel or its bytecode, that has gone, holds other bytes than it did, or is not read."""
    return OutputError(
        Problem(
            rule="wheel-changed",
            wheel=file.name,
            message=f"cannot be read from the store as it was proven: {reason}",
            hint=hint,
        )
    )
