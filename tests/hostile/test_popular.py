"""The wheels of popular projects: strictness costs nobody anything. (Fetches some hundred wheels; starts pip.)"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest
from packaging.utils import canonicalize_name, parse_wheel_filename

import lambda_wheels
from lambda_wheels import LambdaWheelsError, Target
from lambda_wheels.resolution.pip_arguments import target_arguments
from tests.conftest import Figure, Tried
from tests.hostile.popular import PROJECTS
from tests.resolution.locks import entry, wheel, write_lock

TARGET: Final = Target("python3.13", "x86_64")
BATCH: Final = 30
"""Projects whose wheels are on this disk at once."""

NO_LIBRARY: Final = "missing-library"
EXPLAINED: Final[Mapping[str, tuple[str, str]]] = {
    "fiona": (NO_LIBRARY, "it brings GDAL along, which needs libexpat.so.1; manylinux allows that, Lambda lacks it"),
    "lightgbm": (NO_LIBRARY, "it needs libgomp.so.1, which neither it nor Lambda has"),
    "mysqlclient": ("no-fitting-wheel", "it has wheels for Windows only, and for Linux its source"),
    "opencv-python": (NO_LIBRARY, "it is for desktops, and needs X11 and libGL; opencv-python-headless passes"),
    "pyodbc": (NO_LIBRARY, "it needs libodbc.so.2, the driver manager, which an administrator installs"),
    "rasterio": (NO_LIBRARY, "it brings GDAL along, which needs libexpat.so.1; manylinux allows that, Lambda lacks it"),
}
"""Projects whose newest wheel is refused: the rule, and why that is right."""


def test_the_table_of_projects() -> None:
    """There are more than 300 projects, each once, and those that are explained are among them."""
    assert len(PROJECTS) == len(set(PROJECTS)) > 300
    assert all(name == canonicalize_name(name) for name in PROJECTS)
    assert set(PROJECTS) >= EXPLAINED.keys()


@pytest.mark.long
@pytest.mark.network
@pytest.mark.once
@pytest.mark.hostile("Wheels")
def test_popular_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tried: Tried, note: Figure) -> None:
    """The newest wheels of more than 300 popular projects: all are taken, or explained one by one."""
    warnings: Counter[str] = Counter()
    told = [lambda record: bool(warnings.update([rule_of(record.getMessage())]))]  # and goes no further
    monkeypatch.setattr(logging.getLogger("lambda_wheels.build"), "filters", told)
    for name, (rule, reason) in EXPLAINED.items():
        with pytest.raises(LambdaWheelsError) as caught:
            taken(newest([name], tmp_path), tmp_path)  # if it passes, it need not be explained any more
        assert {problem.rule for problem in caught.value.problems if problem.project == name} == {rule}
        tried(1)
        note(f"`{name}` is refused (`{rule}`): {reason}.")
    passing = [name for name in PROJECTS if name not in EXPLAINED]
    for first in range(0, len(passing), BATCH):
        batch = passing[first : first + BATCH]
        chosen = newest(batch, tmp_path)
        assert sorted(chosen) == batch
        fetched = taken(chosen, tmp_path)
        assert len(fetched) == len(batch)
        tried(len(fetched))
    del warnings["lock-incomplete"], warnings[""]  # each wheel came without what it needs
    said = ", ".join(f"`{rule}` {count}" for rule, count in sorted(warnings.items())) or "none"
    note(f"Of the newest wheels of {len(passing)} popular projects all pass; warnings: {said}.")


def rule_of(message: str) -> str:
    """The rule of a warning that was logged."""
    head, _, _ = message.partition("]")
    return head.removeprefix("warning[") if head.startswith("warning[") else ""


def newest(names: Sequence[str], folder: Path) -> dict[str, dict[str, Any]]:
    """What pip would install of each project, without what it needs: an item of its report, by project."""
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    options = ["--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--no-input", f"--report={report}"]
    command = [sys.executable, "-m", "pip", "install", *options, *target_arguments(TARGET), *names]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if ended.returncode:  # one of them has no wheel that fits: which, and why, is ours to say
        for name in names:
            explain(name, folder)
        raise AssertionError(ended.stderr)
    items = json.loads(report.read_bytes())["install"]
    return {canonicalize_name(item["metadata"]["name"]): item for item in items}


def explain(name: str, folder: Path) -> None:
    """Fetch a project as anybody would; raises what is wrong with it."""
    lambda_wheels.fetch_wheels(name, runtime=TARGET.runtime, architecture=TARGET.architecture, output=folder / "wheels")


def taken(chosen: Mapping[str, Mapping[str, Any]], folder: Path) -> tuple[lambda_wheels.LayerWheel, ...]:
    """The wheels of a lock over ``chosen``, fetched and proven; nothing of them stays on the disk."""
    lock = write_lock(folder / "pylock.toml", *entries(chosen.values()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMBDA_WHEELS_CACHE", str(folder / "store"))
        try:
            return lambda_wheels.fetch_wheels(
                lock, runtime=TARGET.runtime, architecture=TARGET.architecture, output=folder / "wheels"
            )
        finally:
            for name in ("store", "wheels"):
                shutil.rmtree(folder / name, ignore_errors=True)


def entries(items: Any) -> Iterator[dict[str, Any]]:
    """The items of pip's report as those of a lock."""
    for item in items:
        info = item["download_info"]
        name, version, _, _ = parse_wheel_filename(unquote(info["url"].rpartition("/")[2]))
        hashes = {"sha256": info["archive_info"]["hashes"]["sha256"]}
        yield entry(wheel(url=info["url"], hashes=hashes), name=name, version=str(version))
