"""One tree of errors, each carrying its problems. (Pure.)"""

from __future__ import annotations

import inspect
import pickle

import pytest

from lambda_wheels import errors
from lambda_wheels.errors import LambdaWheelsError
from lambda_wheels.problems import Problem

ERRORS = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == errors.__name__
]
FIRST = Problem(rule="unknown-runtime", message="first", hint="try")
SECOND = Problem(rule="unknown-architecture", message="second")


@pytest.mark.parametrize("error", [pytest.param(error, id=error.__name__) for error in ERRORS])
def test_tree(error: type[BaseException]) -> None:
    """Every error of the module is in the one tree, and in the drawing of it."""
    assert issubclass(error, LambdaWheelsError)
    assert errors.__doc__ is not None
    assert error.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(errors.UsageError, 2, id="usage"),
        pytest.param(errors.CannotBuildError, 1, id="cannot-build"),
        pytest.param(errors.ResolutionError, 1, id="resolution"),
        pytest.param(errors.WheelError, 1, id="wheel"),
        pytest.param(errors.LayerError, 1, id="layer"),
        pytest.param(errors.SurroundingsError, 3, id="surroundings"),
        pytest.param(errors.IndexUnavailableError, 3, id="index"),
        pytest.param(errors.OutputError, 3, id="output"),
        pytest.param(errors.PipError, 3, id="pip"),
        pytest.param(errors.ImportsNotTriedError, 3, id="imports"),
    ],
)
def test_exit_codes(error: type[LambdaWheelsError], code: int) -> None:
    """The exit codes are promises: 1 cannot be done, 2 wrong usage, 3 the surroundings failed."""
    assert error.exit_code == code


def test_one_problem() -> None:
    """A single problem may be given without a list."""
    error = errors.WheelError(FIRST)
    assert error.problems == (FIRST,)
    assert str(error) == "error[unknown-runtime] first; try"


def test_many_problems() -> None:
    """All problems are carried, in order, from any iterable, and printed a line each."""
    error = errors.WheelError(iter([FIRST, SECOND]))
    assert error.problems == (FIRST, SECOND)
    assert str(error).splitlines() == [str(FIRST), str(SECOND)]


def test_pickle() -> None:
    """An error crosses between processes whole, as callers with process pools need."""
    error = pickle.loads(pickle.dumps(errors.LayerError([FIRST, SECOND])))
    assert type(error) is errors.LayerError
    assert error.problems == (FIRST, SECOND)
