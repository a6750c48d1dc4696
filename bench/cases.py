"""What is built. (Pure.)"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_wheels import Target

TARGET = Target("python3.13", "arm64")


@dataclass(frozen=True, slots=True)
class Aim:
    """How long we may take at the most: a fraction of the time of a peer."""

    peer: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Case:
    """Requirements, or a lock of them, and the target they are built for."""

    requirements: tuple[str, ...]
    target: Target = TARGET
    locked: bool = False
    lock: Path | None = None
    """Where the lock is, once it is made."""
    warm: tuple[Aim, ...] = ()
    cold: tuple[Aim, ...] = ()

    @property
    def python(self) -> str:
        """``3.13``, as the peers want it."""
        major, minor = self.target.python_version
        return f"{major}.{minor}"

    @property
    def title(self) -> str:
        """For the table."""
        return " + ".join(self.requirements) + (", locked" if self.locked else "")


_SCIPY = ("numpy", "pandas", "scipy")

CASES = {
    "requests": Case(("requests",)),
    "duckdb": Case(("duckdb",)),
    "scipy": Case(_SCIPY, warm=(Aim("uv + zip -r", 1 / 5),), cold=(Aim("uv + zip -r", 1 / 3),)),
    "requests-locked": Case(("requests",), locked=True, warm=(Aim("uv + zip -r", 1 / 2),)),
    "duckdb-locked": Case(("duckdb",), locked=True, warm=(Aim("uv + zip -r", 1 / 12),)),
    "scipy-locked": Case(
        _SCIPY, locked=True, warm=(Aim("uv + zip -r", 1 / 25), Aim("uv + the fastest that deflates", 1 / 8))
    ),
}
ASSEMBLED = CASES["scipy"]
