"""Wheels as JSON and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.wheels import read_wheel, wheel_as_json, wheel_from_json
from lambda_wheels.wheels.pyc import HEADER
from tests.wheel_factory import make_wheel


def _facts(folder: Path) -> dict[str, Any]:
    path = make_wheel(
        folder,
        build="3a",
        tag="py2.py3-none-any",
        requires=["six"],
        requires_python=">=3.9,<4",
        extras=["fast"],
        files={
            "demo/__init__.py": "x",
            "demo.pth": "x",
            "demo/core.pyc": HEADER.pack(3571, b"\r\n", 0, bytes(8)),
            "demo/other.pyc": b"",
            "demo/__pycache__/__init__.cpython-313.pyc": HEADER.pack(3571, b"\r\n", 1, bytes(8)),
        },
        entry_points="[console_scripts]\ndemo = demo:main\n",
    )
    facts = json.loads(json.dumps(wheel_as_json(read_wheel(path))))
    assert isinstance(facts, dict)
    return facts


@pytest.mark.parametrize("defect", [None, "record-hash", "wheel-other-tag", "wheel-version-1.1"])
def test_facts_come_back(tmp_path: Path, defect: str | None) -> None:
    """A wheel survives the way through JSON, its problems as well."""
    wheel = read_wheel(make_wheel(tmp_path, defect=defect))
    assert wheel_from_json(json.loads(json.dumps(wheel_as_json(wheel)))) == wheel


def test_all_fields_come_back(tmp_path: Path) -> None:
    """No field is lost on the way, whatever it holds."""
    facts = _facts(tmp_path)
    assert wheel_as_json(wheel_from_json(facts)) == facts
    assert len(facts["pycs"]) == 3


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda facts: facts.pop("tags"), id="field-missing"),
        pytest.param(lambda facts: facts.update(size="7"), id="wrong-type"),
        pytest.param(lambda facts: facts.update(size=True), id="truth-for-a-number"),
        pytest.param(lambda facts: facts.update(version="one"), id="no-version"),
        pytest.param(lambda facts: facts.update(requires_python="three"), id="no-specifier"),
        pytest.param(lambda facts: facts.update(tags=["py3"]), id="no-tag"),
        pytest.param(lambda facts: facts.update(members=None), id="no-members"),
        pytest.param(lambda facts: facts["members"][0].pop(), id="member-too-short"),
        pytest.param(lambda facts: facts["members"][0].__setitem__(1, "8"), id="member-of-wrong-types"),
        pytest.param(lambda facts: facts["problems"][0].update(rule="no-such-rule"), id="unknown-rule"),
        pytest.param(lambda facts: facts["problems"][0].update(severity="none"), id="unknown-severity"),
        pytest.param(lambda facts: facts["pycs"][0].pop(), id="bytecode-too-short"),
        pytest.param(lambda facts: facts["pycs"][0].__setitem__(2, "3.13"), id="bytecode-of-no-python"),
        pytest.param(lambda facts: facts["pycs"][0].__setitem__(3, "HASH"), id="bytecode-of-no-kind"),
        pytest.param(lambda facts: facts["pycs"][0].__setitem__(5, 1), id="number-for-a-truth"),
    ],
)
def test_other_values_are_refused(tmp_path: Path, change: Any) -> None:
    """What lacks a field, or has one of another type or of no meaning, raises ValueError."""
    facts = _facts(tmp_path)
    change(facts)
    with pytest.raises(ValueError, match="not the facts of a wheel"):
        wheel_from_json(facts)


@pytest.mark.parametrize("value", [None, [], {}, 7, "x", [1, 2]])
def test_other_kinds_of_values_are_refused(value: object) -> None:
    """A value of another kind raises ValueError, nothing else."""
    with pytest.raises(ValueError, match="not the facts of a wheel"):
        wheel_from_json(value)
