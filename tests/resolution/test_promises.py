"""What an index told of a wheel, held against the wheel. (Reads wheels that the factory wrote.)"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from lambda_wheels.resolution.promises import broken_promises
from lambda_wheels.resolution.resolution import ResolvedWheel, Told
from lambda_wheels.wheels import read_wheel
from tests.wheel_factory import make_wheel


@pytest.mark.parametrize(
    ("told", "broken"),
    [
        pytest.param({}, [], id="the truth"),
        pytest.param({"requires_dist": ("needs >= 1",)}, [], id="another spelling"),
        pytest.param({"requires_dist": ()}, ["set of requirements"], id="requirement hidden"),
        pytest.param({"requires_python": ">=3.8"}, ["Requires-Python"], id="another Python"),
        pytest.param({"requires_python": ">=3.x"}, [], id="what the wheel itself gives wrongly is told there"),
        pytest.param({"version": Version("2.0")}, ["project"], id="another version"),
        pytest.param({"sha256": "0" * 64}, ["sha256"], id="another file"),
    ],
)
def test_broken_promises(tmp_path: Path, told: dict[str, Any], broken: list[str]) -> None:
    """Each difference is a problem of its own that names both sides; spelling makes none."""
    told = dict(told)
    wheel = read_wheel(make_wheel(tmp_path, requires=["needs>=1"], requires_python=">=3.9"))
    promised = ResolvedWheel(
        name=wheel.name,
        version=wheel.version,
        filename=wheel.filename,
        url="https://h.example/demo.whl",
        sha256=wheel.sha256,
        direct=False,
    )
    metadata = Told(
        requires_dist=told.pop("requires_dist", wheel.requires_dist),
        requires_python=told.pop("requires_python", str(wheel.requires_python)),
        provides_extra=wheel.provides_extra,
    )
    problems = broken_promises(replace(promised, told=metadata, **told), wheel)
    assert [problem.message.partition(" that the index told")[0].removeprefix("the ") for problem in problems] == broken
    assert all(problem.rule == "broken-promise" and problem.wheel == wheel.filename for problem in problems)
