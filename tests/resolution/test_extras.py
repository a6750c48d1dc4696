"""Extras that a project does not have. (Pure, but for wheels that are made.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_wheels.problems import Severity
from lambda_wheels.resolution.closure import TopRequirement
from lambda_wheels.resolution.extras import unknown_extras
from lambda_wheels.targets import Target
from tests.layers.hand_made import hand_made

TARGET = Target("python3.13", "arm64")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param(("demo", "", (), ""), [], id="none"),
        pytest.param(("Demo", "", ("Fast_IO",), ""), [], id="one that it has, spelt otherwise"),
        pytest.param(("demo", "", ("nope",), ""), ["nope"], id="one that it has not"),
        pytest.param(("demo", "", ("nope", "fast-io", "no_pe"), ""), ["nope", "no_pe"], id="several"),
        pytest.param(("demo", "", ("nope",), "python_version < '3.13'"), [], id="for another target"),
        pytest.param(("demo", "", ("nope",), "platform_machine == 'aarch64'"), ["nope"], id="for this one"),
        pytest.param(("other", "", ("nope",), ""), [], id="of what is not there"),
    ],
)
def test_unknown_extras(asked: TopRequirement, found: list[str], tmp_path: Path) -> None:
    """An extra of what was asked for is one that the chosen wheel declares, or a warning that lists those."""
    wheel = hand_made(tmp_path, extras=["fast-io", "xml"]).wheel
    problems = list(unknown_extras([asked], [wheel], TARGET))
    assert [problem.message for problem in problems] == [
        f"1.0 has no extra {extra!r}, which so brings nothing" for extra in found
    ]
    for problem in problems:
        assert (problem.rule, problem.severity, problem.project) == ("unknown-extra", Severity.WARNING, "demo")
        assert problem.hint == "its extras are fast-io, xml"
