"""Builds from a lock whose wheels have to be fetched, perhaps with a password. (Starts pip; loopback.)"""

from __future__ import annotations

import functools
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from tests.index_server import Fault, IndexServer
from tests.loopback import IMPATIENT, TARGET, Build, left_behind, stored_wheels
from tests.wheel_factory import make_wheel
from tests.whole.locking import BOTH, MakeLock, problems

pytestmark = [pytest.mark.pip, pytest.mark.once]


# --- Built from -------------------------------------------------------------------------------------------------------


def test_wheels_that_the_store_lacks(
    lock: MakeLock, build: Build, index: IndexServer, path: Path, out: Path, store: Path, demo: None
) -> None:
    """Without them in the store, wheels come from where the lock says, no page is asked for, and nothing is chosen."""
    lock("demo")
    shutil.rmtree(store)
    make_wheel(index.folder, "demo", "9.0")
    pages = len(index.matching("/simple/*"))
    layer = build(path, output=out / "layer.zip")
    assert [(wheel.name, wheel.version) for wheel in layer.wheels] == [("demo", "2.0"), ("helper", "1.0")]
    assert len(index.matching("/simple/*")) == pages
    assert stored_wheels(store) == sorted(wheel.filename for wheel in layer.wheels)
    assert left_behind(out, store) == []


@pytest.mark.parametrize("made_again", [True, False], ids=["lock", "build"])
def test_damaged_in_the_store(
    lock: MakeLock,
    build: Build,
    index: IndexServer,
    path: Path,
    out: Path,
    store: Path,
    demo: None,
    caplog: pytest.LogCaptureFixture,
    made_again: bool,
) -> None:
    """A damaged wheel in the store is fetched again, that one alone, and the log says so, once."""
    lock("demo", **BOTH)
    [stored] = store.rglob("helper-1.0-py3-none-any.whl")
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.chmod(0o644)
    stored.write_bytes(content)
    fetched = index.count("/files/*.whl")
    if made_again:
        assert not lock("demo", **BOTH).changed
    else:
        build(path, output=out / "layer.zip")
    assert index.count("/files/*.whl") == fetched + 1
    assert index.count("/files/helper-1.0-py3-none-any.whl") == 2
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 1 and "helper-1.0-py3-none-any.whl" in said[0]


@pytest.mark.parametrize(
    ("change", "rule", "project"),
    [
        pytest.param(lambda path: make_wheel(path, "helper", requires=["x"]), "hash-mismatch", "helper", id="replaced"),
        pytest.param(lambda path: (path / "helper-1.0-py3-none-any.whl").unlink(), "file-failed", "helper", id="gone"),
        pytest.param(
            lambda path: (path / "helper-1.0-py3-none-any.whl").write_bytes(b""), "hash-mismatch", "helper", id="empty"
        ),
    ],
)
def test_changed_on_the_index(
    lock: MakeLock, build: Build, served: Path, path: Path, out: Path, store: Path, demo: None,
    change: Callable[[Path], object], rule: str, project: str
) -> None:  # fmt: skip
    """A file that is another one than was locked, or gone, is told with its project, and is not kept."""
    lock("demo")
    shutil.rmtree(store)
    change(served)
    [problem] = problems(build, path, output=out / "layer.zip")
    assert problem.rule == rule
    assert project in f"{problem.project} {problem.wheel}"
    assert not (out / "layer.zip").exists()
    assert "helper-1.0-py3-none-any.whl" not in stored_wheels(store)
    assert left_behind(out, store) == []


def test_wheel_that_cannot_be_reached(
    lock: MakeLock, build: Build, index: IndexServer, path: Path, out: Path, store: Path, demo: None
) -> None:
    """A wheel that the store lacks and that cannot be fetched is an error of the surroundings."""
    lock("demo")
    shutil.rmtree(store)
    index.fail("/files/*", Fault.status(503))
    with pytest.raises(lambda_wheels.SurroundingsError) as caught:
        build(path, output=out / "layer.zip")
    assert {problem.rule for problem in caught.value.problems} == {"file-failed"}


@pytest.mark.parametrize(
    "name", ["PIP_CONSTRAINT", "PIP_UPLOADED_PRIOR_TO", "PIP_NO_INDEX", "PIP_PLATFORM", "PIP_NO_BINARY"]
)
def test_configuration_that_chooses(
    lock: MakeLock,
    build: Build,
    path: Path,
    out: Path,
    store: Path,
    demo: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """What pip's configuration would choose changes nothing about a lock, also where the store lacks its wheels."""
    (tmp_path / "c.txt").write_text("helper<1\n")
    values = {"PIP_CONSTRAINT": str(tmp_path / "c.txt"), "PIP_UPLOADED_PRIOR_TO": "2020-01-01", "PIP_NO_INDEX": "1"}
    lock("demo")
    shutil.rmtree(store)
    monkeypatch.setenv(name, values.get(name, "x"))
    assert [wheel.version for wheel in build(path, output=out / "layer.zip").wheels] == ["2.0", "1.0"]


def test_configuration_that_is_broken(
    lock: MakeLock,
    build: Build,
    path: Path,
    out: Path,
    store: Path,
    demo: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A configuration of pip that cannot be read is called that, and is nobody's business where the store has all."""
    (tmp_path / "pip.conf").write_text("[global\n")
    lock("demo")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    build(path, output=out / "layer.zip")
    shutil.rmtree(store)
    [problem] = problems(build, path, output=out / "other.zip")
    assert problem.rule == "pip-refused"
    assert "pip.conf is not an ini file" in problem.message


# --- A private index --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["option", "file", "environment"])
def test_private_index(
    served: Path,
    path: Path,
    out: Path,
    tmp_path: Path,
    store: Path,
    demo: None,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No password comes into a lock, whoever brought it; who has it builds from the lock, who lacks it is told."""
    caplog.set_level(logging.DEBUG)
    with IndexServer(served, auth=("alice", "ses@me/?x")) as index:
        given: str | Path = "demo"
        options: dict[str, Any] = dict(IMPATIENT)
        if kind == "option":
            options["index_url"] = index.url_with_credentials
        elif kind == "environment":
            monkeypatch.setenv("PIP_INDEX_URL", index.url_with_credentials)
        else:
            given = tmp_path / "r.txt"
            given.write_text(f"--index-url {index.url_with_credentials}\ndemo\n")
        made = lambda_wheels.lock(given, **TARGET, output=path, **options)
        assert {project.index for project in made.projects} == {index.url.rstrip("/")}
        assert not lambda_wheels.lock(given, **TARGET, output=path, **options).changed
        assert index.root in path.read_text()
        shutil.rmtree(store)
        monkeypatch.delenv("PIP_INDEX_URL", raising=False)
        build = functools.partial(lambda_wheels.build_layer, path, **TARGET, output=out / "layer.zip", **IMPATIENT)
        [problem] = problems(build)
        assert problem.rule == "file-refused"
        layer = build(index_url=index.url_with_credentials)
    shown = [path.read_text(), repr(made), json.dumps(made.as_dict()), caplog.text, str(problem), layer.pip_command]
    for text in shown:
        assert not any(secret in text for secret in ("alice", "ses@me", "ses%40me"))


def test_token_in_a_query(served: Path, lock: MakeLock, index: IndexServer, path: Path) -> None:
    """A token in the address of a page does not come into the lock."""
    make_wheel(served, "demo")
    lock("demo", no_index=True, index_url=None, find_links=f"{index.links_url}?token=sesame")
    assert "sesame" not in path.read_text()
    assert index.file_url("demo-1.0-py3-none-any.whl") in path.read_text()
