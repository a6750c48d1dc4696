"""What reading a wheel finds, in a form that tables can hold. (Reads the disk.)"""

from __future__ import annotations

from pathlib import Path

from lambda_wheels.errors import WheelError
from lambda_wheels.problems import Problem
from lambda_wheels.wheels import read_wheel


def found(wheel: Path) -> list[tuple[str, str | None]]:
    """Rule and member of everything that refuses ``wheel``; it must be refused, in one line for each finding."""
    problems = refusal(wheel)
    assert all(len(str(problem).splitlines()) == 1 for problem in problems)
    assert all(problem.wheel == wheel.name for problem in problems)
    return [(problem.rule, problem.member) for problem in problems]


def refusal(wheel: Path) -> tuple[Problem, ...]:
    """The problems that refuse ``wheel``; it must be refused."""
    try:
        read_wheel(wheel)
    except WheelError as error:
        return error.problems
    raise AssertionError(f"{wheel.name} was taken")


def told(wheel: Path) -> list[tuple[str, str, str | None]]:
    """Severity, rule and member of everything that is said of ``wheel``; it must be taken."""
    return [(str(problem.severity), problem.rule, problem.member) for problem in read_wheel(wheel).problems]
