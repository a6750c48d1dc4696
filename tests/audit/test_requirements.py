"""Whether projects of a layer have what they need. (Pure.)"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lambda_wheels.audit.requirements import requirements, sdk
from lambda_wheels.targets.provided import PROVIDED
from tests.audit.held_layers import ARM, installed, said, view

Projects = Mapping[str, list[str]]
"""What each project of a layer needs."""


def files(projects: Projects, *, extras: Mapping[str, list[str]] | None = None) -> dict[str, bytes]:
    """A layer of ``projects``, all in version 1.0."""
    return {
        path: content
        for name, requires in projects.items()
        for path, content in installed(name, requires=requires, extras=(extras or {}).get(name, [])).items()
    }


@pytest.mark.parametrize(
    ("projects", "found"),
    [
        pytest.param({"a": []}, [], id="nothing"),
        pytest.param({"a": ["b"], "b": ["a"]}, [], id="each other"),
        pytest.param({"a": ["B.b>=1,<2"], "b-b": []}, [], id="there, spelt otherwise"),
        pytest.param({"a": ["b>=0.9rc1"], "b": []}, [], id="pre-release"),
        pytest.param({"a": ["b>=2"], "b": []}, [("wrong-version", "error")], id="older"),
        pytest.param({"a": ["b"]}, [("missing-requirement", "error")], id="missing"),
        pytest.param({"a": ["b", "b"]}, [("missing-requirement", "error")], id="said twice"),
        pytest.param({"a": ["b"], "c": ["b"]}, [("missing-requirement", "error")] * 2, id="missing for two"),
        pytest.param({"a": ['b; sys_platform == "win32"']}, [], id="for another system"),
        pytest.param(
            {"a": ['b; platform_machine == "aarch64"']}, [("missing-requirement", "error")], id="for this machine"
        ),
        pytest.param({"a": ['b; python_version < "3.13"']}, [], id="for an older Python"),
        pytest.param({"a": ['b; extra == "x"']}, [], id="for an extra that nobody wants"),
        pytest.param({"a": ["urllib3"]}, [("missing-requirement", "warning")], id="the runtime has it"),
        pytest.param({"a": ["!"]}, [], id="no requirement, which is said elsewhere"),
        pytest.param({"a": ['b; python_version ~= "x"']}, [], id="a marker that nobody can tell"),
    ],
)
def test_requirements(projects: Projects, found: list[tuple[str, str]]) -> None:
    """Each requirement for the target has to be there, in a version that will do."""
    problems = list(requirements(view(files(projects))))
    assert [(problem.rule, str(problem.severity)) for problem in problems] == found
    assert {problem.project for problem in problems} <= {"a", "c"}


def test_extras() -> None:
    """What an extra needs is needed where another project asks for the extra, through others as well."""
    projects = {"a": ["b[X]"], "b": ['c[y]; extra == "x"'], "c": ['d; extra == "y"', "e"], "e": []}
    extras = {"b": ["x"], "c": ["y"]}
    [problem] = requirements(view(files(projects, extras=extras)))
    assert str(problem).startswith("error[missing-requirement] c: it needs d, and the layer does not have it")
    assert list(requirements(view(files({**projects, "a": ["b"]}, extras=extras)))) == []
    assert list(requirements(view(files(projects)))) == []  # as for pip: not declared


def test_hints() -> None:
    """The line says what is wanted, what is there, and how to let it stand."""
    [problem] = requirements(view(files({"a": ["b<1"], "b": []})))
    assert str(problem) == (
        "error[wrong-version] a: it needs b<1, and the layer has b 1.0; install both together, or allow wrong-version:a"
    )


@pytest.mark.parametrize(
    ("projects", "lacking"),
    [
        pytest.param([], None, id="nothing of it"),
        pytest.param(sorted(PROVIDED), None, id="all of it"),
        pytest.param(["urllib3", "six", "python-dateutil"], None, id="what others need as well"),
        pytest.param(["s3transfer"], "boto3, botocore, jmespath, python-dateutil, six, urllib3", id="a part"),
        pytest.param(sorted(PROVIDED - {"urllib3"}), "urllib3", id="all but one"),
    ],
)
def test_sdk(projects: list[str], lacking: str | None) -> None:
    """A part of boto3 in the layer and a part of the runtime's is told once, and not as missing besides."""
    layer = view(files({name: ["urllib3"] if name == "botocore" else [] for name in projects}), ARM)
    problems = [*sdk(layer), *requirements(layer)]
    assert said(problems) == ([("boto3-mixed", "warning", None)] if lacking else [])
    assert all(f"takes {lacking} from the runtime" in problem.message for problem in problems)
