"""What is built. (Pure.)"""

from __future__ import annotations

from dataclasses import dataclass

from lambda_wheels import Target

TARGET = Target("python3.13", "arm64")


@dataclass(frozen=True, slots=True)
class Case:
    """Requirements, and the target they are built for."""

    requirements: tuple[str, ...]
    target: Target = TARGET

    @property
    def python(self) -> str:
        """``3.13``, as the peers want it."""
        major, minor = self.target.python_version
        return f"{major}.{minor}"


CASES = {
    "requests": Case(("requests",)),
    "duckdb": Case(("duckdb",)),
    "scipy": Case(("numpy", "pandas", "scipy")),
}
ASSEMBLED = CASES["scipy"]
