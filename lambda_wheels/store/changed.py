"""The error for a file in the store that is no longer what was proven. (Pure.)"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lambda_wheels.errors import OutputError
from lambda_wheels.problems import Problem

CHANGED: Final = "wheel-changed"
"""The rule by which such an error is known."""


def changed(file: Path, reason: str, hint: str = "build again, so that it is fetched again") -> OutputError:
    """The error for ``file``, a wheel or its bytecode, that has gone, holds other bytes than it did, or is not read."""
    return OutputError(
        Problem(
            rule=CHANGED,
            wheel=file.name,
            message=f"cannot be read from the store as it was proven: {reason}",
            hint=hint,
        )
    )
