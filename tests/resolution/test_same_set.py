"""Whether another target's markers ask for the same wheels, where nobody knows what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lambda_wheels.resolution.same_set import SameSet
from lambda_wheels.targets import Target
from tests.layers.hand_made import hand_made

OWN = Target("python3.13", "arm64")
OLD = Target("python3.10", "arm64")


@pytest.mark.parametrize(
    ("needs", "same"),
    [
        pytest.param({"a": ["b"], "b": []}, True, id="no marker"),
        pytest.param({"a": ["b; python_version >= '3.11'"], "b": []}, False, id="one too many"),
        pytest.param({"a": ["c; python_version < '3.11'"]}, False, id="one missing"),
        pytest.param(
            {"a": ["b[x]"], "b": ["c; extra == 'x'", "d; extra == 'x' and python_version < '3.11'"], "c": []},
            False,
            id="an extra that another asks for",
        ),
        pytest.param(
            {"b": ["c; extra == 'x'", "d; extra == 'x' and python_version < '3.11'"], "c": []},
            False,
            id="an extra whose projects are there",
        ),
        pytest.param(
            {"b": ["c; extra == 'x'", "d; extra == 'x' and python_version < '3.11'"]},
            True,
            id="an extra whose projects are not there",
        ),
        pytest.param({"a": ["b"], "b": ["a", "c; python_version < '3.11'"]}, False, id="two that need each other"),
        pytest.param({"a": ["b; python_version >= '3.9'"], "b": ["a"]}, True, id="two that need each other, the same"),
        pytest.param(
            {"a": ["b; python_version >= '3.9'", "c; extra == 'x'", "a[x]; extra == 'y'"], "b": []},
            True,
            id="an extra of itself whose projects are not there",
        ),
        pytest.param(
            {"a": ["b; python_version >= '3.9'", "c[y]; extra == 'x'"], "b": ["c"], "c": ["d; extra == 'y'"]},
            True,
            id="an extra of another whose projects are not there",
        ),
        pytest.param(
            {"a": ["b[z]; extra == 'x'", "c; extra == 'x' and python_version < '3.11'"], "b": []},
            False,
            id="an extra that is declared nowhere",
        ),
        pytest.param(
            {"a": ["a[x]", "c; extra == 'x' and python_version > '3.11'"], "c": []}, False, id="its own extra"
        ),
    ],
)
def test_same_set(tmp_path: Path, needs: Mapping[str, Sequence[str]], same: bool) -> None:
    """Wheels that no other needs count as asked for, and extras as asked for whose projects are there."""
    wheels = [hand_made(tmp_path, name, requires=texts, extras=["x", "y"]).wheel for name, texts in needs.items()]
    known = SameSet(wheels, OWN)
    assert known.holds_for(OWN)
    assert known.holds_for(OLD) is same
