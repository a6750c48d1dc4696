"""Builds that warn, and builds that are refused: waivers, strictness, limits, conflicts, defects. (Starts pip.)"""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

import lambda_wheels
from lambda_wheels import CannotBuildError, LayerError, Severity, UsageError, WheelError
from tests.index_server import IndexServer
from tests.loopback import Build, left_behind, snapshot, stored_wheels
from tests.wheel_factory import make_wheel
from tests.whole.zips import manifest, unzipped

pytestmark = pytest.mark.pip

SLOPPY = "record-hash:sloppy"
"""A waiver."""


def rules(error: lambda_wheels.LambdaWheelsError) -> set[str]:
    """The rules that were broken."""
    return {problem.rule for problem in error.problems}


# --- Warnings and waivers --------------------------------------------------------------------------------------------


@pytest.fixture
def sloppy(served: Path) -> Path:
    """A wheel whose RECORD has a wrong hash."""
    return make_wheel(served, "sloppy", defect="record-hash")


def test_a_waiver_lets_a_sloppy_wheel_in(build: Build, sloppy: Path, out: Path) -> None:
    """What is waived is a warning, and stands in the manifest; a waiver that was not needed does not."""
    layer = build("sloppy", output=out / "layer.zip", allow=["record-size:sloppy", SLOPPY])
    [warning] = layer.warnings
    assert (warning.rule, warning.project, warning.severity) == ("record-hash", "sloppy", Severity.WARNING)
    assert manifest(layer)["waived"] == [SLOPPY]


def test_a_sloppy_wheel_in_the_store_is_judged_again(build: Build, sloppy: Path, out: Path) -> None:
    """A waiver holds for its build only: the next one without it refuses the wheel, though the store has it."""
    build("sloppy", output=out / "layer.zip", allow=[SLOPPY])
    with pytest.raises(WheelError) as caught:
        build("sloppy", output=out / "other.zip")
    assert rules(caught.value) == {"record-hash"}
    assert not (out / "other.zip").exists()


def test_strict(build: Build, served: Path, out: Path) -> None:
    """With ``strict`` a warning stops the build, and the output is as it was."""
    make_wheel(served, "hooks", files={"hooks.pth": "import this\n"})
    assert [problem.rule for problem in build("hooks", output=out / "layer.zip").warnings] == ["pth-file"]
    before = snapshot(out)
    with pytest.raises(WheelError) as caught:
        build("hooks", output=out / "layer.zip", strict=True)
    assert rules(caught.value) == {"pth-file"}
    assert snapshot(out) == before


def test_waived_and_strict(build: Build, sloppy: Path, out: Path) -> None:
    """What was waived does not count as a warning for ``strict``."""
    layer = build("sloppy", output=out / "layer.zip", allow=[SLOPPY], strict=True)
    assert [warning.rule for warning in layer.warnings] == ["record-hash"]


@pytest.mark.parametrize(
    ("allow", "said"),
    [
        pytest.param("record-hash", "not of the form", id="no project"),
        pytest.param("no-such-rule:demo", "no rule", id="no rule"),
        pytest.param("member-symlink:demo", "cannot be waived", id="unsafe"),
    ],
)
def test_bad_waivers(allow: str, said: str, build: Build, index: IndexServer, out: Path) -> None:
    """A waiver that names no rule, or one that is about safety, is refused before pip is asked."""
    with pytest.raises(UsageError, match=said) as caught:
        build("demo", output=out / "layer.zip", allow=allow)
    assert rules(caught.value) == {"bad-waiver"}
    assert index.requests == []


def test_deprecated_runtimes(build: Build, served: Path, out: Path) -> None:
    """A deprecated runtime builds, with a warning that names the days; python3.9 has been one since 2025-12-15."""
    assert lambda_wheels.RUNTIMES["python3.9"].deprecated == datetime.date(2025, 12, 15)
    make_wheel(served, "demo")
    layer = build("demo", output=out / "layer.zip", runtime="python3.9")
    [warning] = layer.warnings
    assert (warning.rule, warning.severity) == ("deprecated-runtime", Severity.WARNING)
    assert "2025-12-15" in warning.message
    assert "2027-02-01" in warning.message


# --- Refusals --------------------------------------------------------------------------------------------------------


def test_too_large(build: Build, served: Path, out: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over Lambda's limit nothing is written; the message has the sizes by project, largest first."""
    monkeypatch.setattr("lambda_wheels.layers.limits.UNZIPPED_LIMIT", 1_500_000)
    for name, size in (("small", 700_000), ("large", 900_000)):
        make_wheel(served, name, files={f"{name}/zeros.bin": bytes(size)})
    with pytest.raises(LayerError) as caught:
        build(["small", "large"], output=out / "layer.zip")
    [problem] = caught.value.problems
    assert problem.rule == "too-large"
    assert "1,500,000" in problem.message
    assert 0 < problem.message.index("large 900,") < problem.message.index("small 700,")
    assert list(out.iterdir()) == []
    assert left_behind(out, store) == []


@pytest.mark.hostile("Wheels")
def test_path_conflicts(build: Build, served: Path, out: Path) -> None:
    """Two wheels with different bytes for one path stop the build; a waiver names the one that gives way."""
    make_wheel(served, "first", files={"shared/data.txt": "first", "shared/same.txt": "same"})
    make_wheel(served, "second", files={"shared/data.txt": "second", "shared/same.txt": "same"})
    with pytest.raises(LayerError) as caught:
        build(["second", "first"], output=out / "layer.zip")
    [problem] = caught.value.problems
    assert problem.rule == "path-conflict"
    assert "shared/data.txt" in str(problem)
    assert "first-1.0" in str(problem)
    assert "second-1.0" in str(problem)
    assert list(out.iterdir()) == []
    layer = build(["second", "first"], output=out / "layer.zip", allow=["path-conflict:first"])
    assert unzipped(layer.path)["python/shared/data.txt"][1] == b"second"
    assert manifest(layer)["waived"] == ["path-conflict:first"]


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("defect", "rule"),
    [
        pytest.param(defect, rule, id=defect)
        for defect, rule in {
            "empty": "archive-end",
            "html": "archive-end",
            "cut-off-half": "archive-end",
            "two-archives": "archive-unlisted-member",
            "bytes-before": "archive-surplus-bytes",
            "unlisted-middle": "archive-unlisted-member",
            "duplicate": "member-duplicate",
            "local-name": "archive-local-header",
            "wrong-crc": "member-crc",
            "bomb": "archive-too-large",
            "bomb-that-lies": "member-size",
            "wheel-missing": "wheel-file-missing",
            "wheel-version-2": "wheel-version",
            "dist-info-missing": "dist-info-missing",
            "metadata-missing": "metadata-missing",
            "record-missing": "record-missing",
            "record-surplus-row": "record-surplus-row",
        }.items()
    ],
)
def test_defects(defect: str, rule: str, build: Build, served: Path, out: Path, store: Path) -> None:
    """A wheel with a defect ends the build with the rule that it breaks; neither store nor output has any of it."""
    path = make_wheel(served, "demo", defect=defect)
    (out / "layer.zip").write_bytes(b"what was there")
    with pytest.raises(CannotBuildError) as caught:
        build("demo", output=out / "layer.zip")
    assert rule in rules(caught.value)
    assert {problem.wheel for problem in caught.value.problems} == {path.name}
    assert snapshot(out) == {"layer.zip": ((out / "layer.zip").stat().st_mode & 0o7777, b"what was there")}
    assert stored_wheels(store) == []
    assert left_behind(out, store) == []


@pytest.mark.hostile("Wheels")
def test_all_defects_at_once(build: Build, served: Path, out: Path, store: Path) -> None:
    """Everything that is wrong with all wheels is listed in one error, a line each."""
    for defect in ("wrong-crc", "bytes-after", "record-hash"):
        make_wheel(served, f"demo-{defect}", defect=defect)
    make_wheel(served, "demo-sound")
    with pytest.raises(WheelError) as caught:
        build([*(path.name.partition("-")[0] for path in served.iterdir())], output=out / "layer.zip")
    assert {(problem.project, problem.rule) for problem in caught.value.problems} == {
        ("demo-wrong-crc", "member-crc"),
        ("demo-bytes-after", "archive-surplus-bytes"),
        ("demo-record-hash", "record-hash"),
    }
    assert str(caught.value).count("\n") == 2
    assert list(out.iterdir()) == []
    assert left_behind(out, store) == []
