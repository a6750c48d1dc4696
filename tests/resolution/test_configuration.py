"""The user's pip configuration: where from is kept, what changes the result is left aside. (Starts pip; loopback.)"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_wheels.errors import LambdaWheelsError
from tests.index_server import IndexServer
from tests.resolution.pip_runs import files, pins, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

RIGHT = ["demo-1.0-cp313-cp313-manylinux_2_28_aarch64.whl", "needs-1.0-py3-none-any.whl"]


@pytest.fixture(scope="module")
def tempting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    """An index where every leak would change the result."""
    folder = tmp_path_factory.mktemp("tempting")
    for tag in ("cp313-cp313-manylinux_2_28_aarch64", "cp313-cp313-win_amd64", "cp39-cp39-manylinux_2_28_aarch64"):
        make_wheel(folder, "demo", tag=tag, requires=["needs"])
    make_wheel(folder, "demo", "2.0", tag="cp313-cp313-win_amd64", requires=["needs"])
    make_wheel(folder, "demo", "3.0", requires_python=">=3.99", requires=["needs"])
    make_wheel(folder, "demo", "4.0", tag="pp313-none-any", requires=["needs"])
    make_wheel(folder, "demo", "5.0rc1", requires=["needs"])
    (folder / "demo-6.0.tar.gz").write_bytes(b"")
    make_wheel(folder, "needs")
    make_wheel(folder, "more")
    with IndexServer(folder) as index:
        yield index


LEAKS = {
    "platform": "win_amd64",
    "python-version": "3.9",
    "implementation": "pp",
    "abi": "cp39",
    "no-deps": "true",
    "requirement": "{more}",
    "editable": "{folder}",
    "group": "{folder}/pyproject.toml:more",
    "ignore-requires-python": "true",
    "use-deprecated": "legacy-certs",
    "use-feature": "fast-deps",
    "user": "true",
    "python": "{folder}/no-python",
    "target": "{folder}/target",
    "prefix": "{folder}/prefix",
    "root": "{folder}/root",
    "no-binary": ":all:",
    "only-binary": ":none:",
    "no-index-typo": "true",
    "report": "{folder}/report.json",
    "log": "{folder}/pip.log",
    "upgrade": "true",
    "upgrade-strategy": "eager",
    "force-reinstall": "true",
    "no-clean": "true",
    "dry-run": "false",
    "quiet": "3",
    "verbose": "3",
    "require-virtualenv": "true",
    "no-build-isolation": "true",
    "config-settings": "x=y",
    "build-constraint": "{more}",
    "src": "{folder}/src",
    "isolated": "true",
    "debug": "true",
    "exists-action": "w",
}
"""Options that would change target, place or selection, or break the run."""


def value_of(leak: str, folder: Path) -> str:
    """The value with which ``leak`` would do harm."""
    more = folder / "more.txt"
    more.write_text("more\n")
    (folder / "pyproject.toml").write_text('[dependency-groups]\nmore = ["more"]\n')
    return LEAKS[leak].format(more=more, folder=folder)


@pytest.mark.parametrize("leak", LEAKS)
def test_leak_from_the_environment(
    tmp_path: Path, tempting: IndexServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, leak: str
) -> None:
    """A ``PIP_*`` that would change the result changes nothing, and it is logged that it was left aside."""
    monkeypatch.setenv("PIP_" + leak.upper().replace("-", "_"), value_of(leak, tmp_path))
    before = {path.name for path in tmp_path.iterdir()}
    with caplog.at_level(logging.INFO, "lambda_wheels"):
        assert files(run_resolve(tmp_path, "demo", index_url=tempting.url)) == RIGHT
    assert f"left aside: {leak}" in caplog.text
    assert {path.name for path in tmp_path.iterdir()} - before <= {path.name for path in tmp_path.glob("tmp*")}


@pytest.mark.parametrize("section", ["global", "install", "download"])
def test_leaks_from_a_file(
    tmp_path: Path,
    tempting: IndexServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    section: str,
) -> None:
    """The same options in a section of a configuration file change nothing; ``[download]`` is never read."""
    lines = [f"{leak} = {value_of(leak, tmp_path)}" for leak in LEAKS]
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[{section}]\n" + "\n".join(lines))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    with caplog.at_level(logging.INFO, "lambda_wheels"):
        assert files(run_resolve(tmp_path, "demo", index_url=tempting.url)) == RIGHT
    for leak in LEAKS if section != "download" else []:
        assert leak in caplog.text


@pytest.mark.parametrize("leak", ["platform", "no-deps", "target"])
def test_leak_in_lower_case(tmp_path: Path, tempting: IndexServer, monkeypatch: pytest.MonkeyPatch, leak: str) -> None:
    """A ``pip_*`` in lower case changes nothing either."""
    monkeypatch.setenv("pip_" + leak.replace("-", "_"), value_of(leak, tmp_path))
    assert files(run_resolve(tmp_path, "demo", index_url=tempting.url)) == RIGHT


@pytest.mark.parametrize("from_file", [True, False], ids=["file", "environment"])
@pytest.mark.parametrize(
    ("name", "value", "version"),
    [
        ("index-url", "{index}", "1.0"),
        ("extra-index-url", "{index}", "1.0"),
        ("extra-index-url", "{index} {other}", "2.0"),
        ("find-links", "{links}", "3.0"),
        ("pre", "true", "4.0rc1"),
        ("constraint", "{constraint}", "0.5"),
        ("uploaded-prior-to", "2020-01-01", "refused"),
        ("no-index", "true", "refused"),
        ("proxy", "http://127.0.0.1:9", "unreachable"),
        ("timeout", "nonsense", "refused"),
        ("cert", "no-such-file", "unreachable"),
    ],
)
def test_kept(
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    version: str,
    from_file: bool,
) -> None:
    """What says where from, how to get there and what the user allows is honoured."""
    other, links = tmp_path / "other", tmp_path / "links"
    for one, versions in ((folder, ("0.5", "1.0", "4.0rc1")), (other, ("2.0",)), (links, ("3.0",))):
        one.mkdir(exist_ok=True)
        for number in versions:
            make_wheel(one, "demo", number)
    constraint = tmp_path / "c.txt"
    constraint.write_text("demo<1\n")
    with IndexServer(folder) as first, IndexServer(other) as second:
        text = value.format(index=first.url, other=second.url, links=links, constraint=constraint)
        options: dict[str, object] = {} if "index-url" in name else {"index_url": first.url}
        if name == "extra-index-url":
            options["index_url"] = second.url if value == "{index}" else first.url
            version = "2.0"
        if name == "timeout":
            options["timeout"] = None
        if name == "cert":
            options["index_url"] = first.url.replace("http:", "https:")
        if from_file:
            configuration = tmp_path / "pip.conf"
            configuration.write_text(f"[install]\n{name} = {text}\n")
            monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
        else:
            monkeypatch.setenv("PIP_" + name.upper().replace("-", "_"), text)
        if version in {"refused", "unreachable"}:
            with pytest.raises(LambdaWheelsError) as caught:
                run_resolve(tmp_path, "demo", **options)  # type: ignore[arg-type]
            assert caught.value.problems
        else:
            found = pins(run_resolve(tmp_path, "demo", **options))  # type: ignore[arg-type]
            assert found == {"demo": version}
            assert first.requests


def test_environment_before_file(
    tmp_path: Path, folder: Path, index: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment overrules a file, ``[install]`` overrules ``[global]``, an option overrules all."""
    make_wheel(folder)
    dead = "http://127.0.0.1:9/simple/"
    configuration = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    configuration.write_text(f"[global]\nindex-url = {dead}\n[install]\nindex-url = {index.url}\n")
    assert pins(run_resolve(tmp_path, "demo")) == {"demo": "1.0"}
    configuration.write_text(f"[install]\nindex-url = {dead}\n")
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    assert pins(run_resolve(tmp_path, "demo")) == {"demo": "1.0"}
    monkeypatch.setenv("PIP_INDEX_URL", dead)
    assert pins(run_resolve(tmp_path, "demo", index_url=index.url)) == {"demo": "1.0"}


def test_constraint_from_the_configuration_is_said(
    tmp_path: Path, folder: Path, index: IndexServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A constraint that came from the configuration is told, without what may be secret in its URL."""
    make_wheel(folder)
    (folder / "c.txt").write_text("demo==1.0\n")
    url = index.file_url("c.txt").replace("127", "alice:sesame@127")
    monkeypatch.setenv("PIP_CONSTRAINT", url)
    with caplog.at_level(logging.DEBUG, "lambda_wheels"):
        run_resolve(tmp_path, "demo", index_url=index.url)
    [record] = [
        record for record in caplog.records if "constraint" in record.getMessage() and record.levelname == "WARNING"
    ]
    assert index.file_url("c.txt") in record.getMessage()
    assert "sesame" not in caplog.text


@pytest.mark.parametrize(
    ("constraint", "level"),
    [
        pytest.param("Needs==1.0", "WARNING", id="of something chosen"),
        pytest.param("more==1.0", "INFO", id="of nothing chosen"),
    ],
)
def test_constraint_that_counts(
    tmp_path: Path,
    tempting: IndexServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    constraint: str,
    level: str,
) -> None:
    """A constraint from the configuration is a warning only where it names a project that was chosen."""
    (tmp_path / "c.txt").write_text(f"{constraint}\n")
    monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "c.txt"))
    with caplog.at_level(logging.INFO, "lambda_wheels"):
        assert files(run_resolve(tmp_path, "demo", index_url=tempting.url)) == RIGHT
    assert [record.levelname for record in caplog.records if "constraint" in record.getMessage()] == [level]


@pytest.mark.parametrize(
    ("constraint", "level"),
    [
        pytest.param("Demo==0.1", "WARNING", id="of what was asked for"),
        pytest.param("Needs==0.1", "WARNING", id="of what that needs"),
        pytest.param("more==0.1", "INFO", id="of something else"),
    ],
)
def test_constraint_of_a_failure(
    tmp_path: Path,
    tempting: IndexServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    constraint: str,
    level: str,
) -> None:
    """After a failure, a constraint from the configuration is a warning where the failure is about its project."""
    (tmp_path / "c.txt").write_text(f"{constraint}\n")
    monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "c.txt"))
    wanted = ["demo", "nobody"] if level == "INFO" else ["demo"]
    with caplog.at_level(logging.INFO, "lambda_wheels"), pytest.raises(LambdaWheelsError):
        run_resolve(tmp_path, wanted, index_url=tempting.url)
    assert [record.levelname for record in caplog.records if "constraint" in record.getMessage()] == [level]
