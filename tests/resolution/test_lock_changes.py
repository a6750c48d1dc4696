"""What differs between two locks, by project. (Pure.)"""

from __future__ import annotations

from typing import Any

import pytest

from lambda_wheels.resolution.lock_changes import changes
from tests.resolution.locks import SHA256, entry, lock_of, wheel


def version(number: str, **more: Any) -> dict[str, Any]:
    """An entry of ``demo``."""
    return entry(wheel(f"demo-{number}-py3-none-any.whl"), version=number, **more)


OTHER = entry(wheel("other-1.0-py3-none-any.whl"), name="other")
ON_ARM, ON_INTEL = ({"marker": f"platform_machine == '{machine}'"} for machine in ("aarch64", "x86_64"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param([version("1.0")], [version("1.0")], [], id="nothing"),
        pytest.param([OTHER, version("1.0")], [version("1.0"), OTHER], [], id="the order of projects"),
        pytest.param([version("1.0")], [version("2.0")], ["demo 1.0 -> 2.0"], id="another version"),
        pytest.param([], [version("1.0")], ["demo 1.0 is new"], id="new"),
        pytest.param([version("1.0")], [], ["demo 1.0 is gone"], id="gone"),
        pytest.param(
            [version("1.0")],
            [version("1.0", **ON_ARM), version("2.0", **ON_INTEL)],
            ["demo 1.0 -> 1.0, 2.0"],
            id="two versions",
        ),
        pytest.param(
            [version("1.0", **ON_ARM)],
            [version("1.0", **ON_INTEL)],
            ["demo 1.0 has other files, or is for other targets"],
            id="other targets",
        ),
        pytest.param(
            [entry(wheel())],
            [entry(wheel(hashes={"sha256": SHA256.replace("a", "b")}))],
            ["demo 1.0 has other files, or is for other targets"],
            id="another file",
        ),
        pytest.param(
            [entry(wheel(), version=None)], [version("1.0")], ["demo of no version -> 1.0"], id="no version before"
        ),
        pytest.param(
            [version("1.0")],
            [OTHER, entry(wheel("a-1.0-py3-none-any.whl"), name="a")],
            ["a 1.0 is new", "demo 1.0 is gone", "other 1.0 is new"],
            id="several, by name",
        ),
    ],
)
def test_changes(before: list[dict[str, Any]], after: list[dict[str, Any]], said: list[str]) -> None:
    """A line for each project that differs, with its versions before and after."""
    found = changes(lock_of(*before), lock_of(*after))
    assert [str(change) for change in found] == said
    assert [list(change.as_dict()) for change in found] == [["project", "before", "after"]] * len(said)


def test_first_lock() -> None:
    """Where there was no lock, nothing is a change."""
    assert changes(None, lock_of(version("1.0"))) == ()


def test_beside_the_projects() -> None:
    """What is not about a project is no change of one."""
    assert changes(lock_of(OTHER, requires_python=">=3.9"), lock_of(OTHER, environments=["os_name == 'x'"])) == ()
