"""The table of runtimes: complete, ordered, and with AWS's dates. (Reads botocore's data from the disk.)"""

from __future__ import annotations

import datetime

import pytest

from lambda_wheels.targets import RUNTIMES, Runtime
from tests.targets import aws_runtimes

EVERY_RUNTIME = [pytest.param(runtime, id=name) for name, runtime in RUNTIMES.items()]


def test_aws_knows_no_other_runtime() -> None:
    """Every Python runtime in the installed botocore's list is in our table; `nox -s update-runtimes` says the same."""
    assert "python3.13" in aws_runtimes.aws_python_runtimes()
    assert aws_runtimes.missing_runtimes() == []


def test_a_missing_runtime_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What AWS has and we lack is listed oldest first and makes the program end with 1."""
    names = frozenset({"python3.7", "python3.13", "python3.100", "python3.99"})
    monkeypatch.setattr(aws_runtimes, "aws_python_runtimes", lambda: names)
    assert aws_runtimes.missing_runtimes() == ["python3.99", "python3.100"]
    assert aws_runtimes.main() == 1
    assert capsys.readouterr().out.count("botocore knows it") == 2


def test_order() -> None:
    """The table is ordered by version, not by text: 3.9 before 3.10."""
    versions = [runtime.python_version for runtime in RUNTIMES.values()]
    assert versions == sorted(versions)
    assert versions[0] == (3, 9)


@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_names(runtime: Runtime) -> None:
    """A runtime stands under its name, which is its Python's version; the version has a patch level."""
    major, minor = runtime.python_version
    assert RUNTIMES[runtime.name] is runtime
    assert runtime.name == f"python{major}.{minor}"
    assert len(runtime.python.split(".")) == 3


@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_operating_system(runtime: Runtime) -> None:
    """Up to 3.11 runtimes lie on Amazon Linux 2, from 3.12 on Amazon Linux 2023."""
    old = runtime.python_version <= (3, 11)
    assert (runtime.os.name, runtime.os.glibc) == (
        ("Amazon Linux 2", (2, 26)) if old else ("Amazon Linux 2023", (2, 34))
    )


@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_dates(runtime: Runtime) -> None:
    """AWS stops patching first, then creation, then updates; it announces all three days or none."""
    dates = [runtime.deprecated, runtime.creation_blocked, runtime.update_blocked]
    known = [date for date in dates if date is not None]
    assert len(known) in {0, 3}
    assert known == sorted(known)


@pytest.mark.parametrize(
    ("runtime", "today", "deprecated"),
    [
        pytest.param("python3.10", "2026-10-30", False, id="the-day-before"),
        pytest.param("python3.10", "2026-10-31", True, id="the-day-itself"),
        pytest.param("python3.10", "2099-01-01", True, id="long-after"),
        pytest.param("python3.13", "1970-01-01", False, id="a-clock-at-1970"),
        pytest.param("python3.15", "2099-01-01", False, id="no-day-announced"),
    ],
)
def test_deprecation(runtime: str, today: str, deprecated: bool) -> None:
    """A runtime is deprecated from AWS's day on."""
    assert RUNTIMES[runtime].is_deprecated(datetime.date.fromisoformat(today)) is deprecated
