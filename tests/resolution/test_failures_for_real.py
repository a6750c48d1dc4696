"""pip's failures in our words, each from a real run. (Starts pip; opens sockets on loopback.)"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.errors import LambdaWheelsError, ResolutionError
from tests.index_server import IndexServer, Listing
from tests.resolution.pip_runs import INTEL, pins, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    """An index where much is missing."""
    folder = tmp_path_factory.mktemp("shelf")
    make_wheel(folder, "demo", "1.0")
    make_wheel(folder, "demo", "2.0")
    make_wheel(folder, "ahead", "3.0", requires_python=">=3.99")
    make_wheel(folder, "behind", "3.0", requires_python="<3.10")
    make_wheel(folder, "native", "1.0", tag="cp312-cp312-manylinux_2_39_x86_64")
    make_wheel(folder, "native", "1.0", tag="cp312-cp312-win_amd64")
    make_wheel(folder, "below", "1.0", requires=["demo<2"])
    make_wheel(folder, "above", "1.0", requires=["demo>=2"])
    make_wheel(folder, "broken", "1.0", requires=["absent>=3"])
    make_wheel(folder, "early", "1.0", requires=["pre<2"])
    make_wheel(folder, "late", "1.0", requires=["pre>=2a1"])
    make_wheel(folder, "pre", "1.0rc1")
    make_wheel(folder, "pre", "2.0rc1")
    silent = make_wheel(folder, "silent", "1.0", requires_python=">=3.99")
    withdrawn = make_wheel(folder, "withdrawn", "1.0")
    (folder / "source-1.0.tar.gz").write_bytes(b"")
    (folder / "source-2.0.tar.gz").write_bytes(b"")
    (folder / "garbage-1.0-py3-none-any.whl").write_bytes(b"no archive")
    listing = Listing(requires_python={silent.name: ""}, yanked={withdrawn.name: "broken"})
    with IndexServer(folder, listing=listing) as index:
        yield index


@pytest.mark.parametrize(
    ("given", "options", "rule", "words"),
    [
        pytest.param(["absent"], {}, "no-such-project", ["absent", "--extra-index-url"], id="no such project"),
        pytest.param(["broken"], {}, "no-such-project", ["absent", "needed by broken 1.0"], id="dependency"),
        pytest.param(["demo>=7"], {}, "no-such-version", [">=7", "2.0, 1.0"], id="no such version"),
        pytest.param(["native"], {}, "no-fitting-wheel", ["needs glibc 2.39", INTEL.runtime], id="no fitting wheel"),
        pytest.param(
            ["source"],
            {},
            "only-sdist",
            ['python -m pip wheel --no-deps --wheel-dir wheels "source==2.0"', "--find-links wheels"],
            id="sdist",
        ),
        pytest.param(["source<2"], {}, "only-sdist", ["source==1.0"], id="older sdist"),
        pytest.param(["ahead"], {}, "requires-python", [">=3.99", "3.12.3"], id="Requires-Python"),
        pytest.param(["behind"], {}, "requires-python", ["<3.10"], id="Requires-Python of old"),
        pytest.param(
            ["silent"], {}, "requires-python", ["silent 1.0", ">=3.99"], id="Requires-Python in the metadata only"
        ),
        pytest.param(["withdrawn"], {}, "only-yanked", ["withdrawn==1.0"], id="yanked"),
        pytest.param(
            ["below", "above"],
            {},
            "conflict",
            ["below 1.0 asks for demo<2", "above 1.0 asks for demo>=2"],
            id="conflict",
        ),
        pytest.param(["demo<2", "demo>=2"], {}, "conflict", ["you ask for demo<2"], id="conflict of requirements"),
        pytest.param(
            ["early", "late"], {"pre": True}, "conflict", ["early 1.0", "late 1.0"], id="conflict of pre-releases"
        ),
        pytest.param(
            ["below"], {"constraint": "demo==2.0"}, "conflict", ["a constraint says demo==2.0"], id="constraint"
        ),
        pytest.param(["demo"], {"uploaded_prior_to": "2020-01-01"}, "too-new", ["--uploaded-prior-to"], id="too new"),
        pytest.param(["garbage"], {}, "archive-end", ["garbage"], id="no archive"),
        pytest.param(["demo==1.0"], {"require_hashes": True}, "hash-missing", ["demo==1.0", "--hash"], id="no hash"),
        pytest.param(["demo"], {"keyring_provider": "nonsense"}, "pip-refused", ["keyring-provider"], id="option"),
        pytest.param(["demo"], {"timeout": "soon"}, "pip-refused", ["--timeout"], id="number"),
        pytest.param(["demo"], {"uploaded_prior_to": "soon"}, "pip-refused", ["uploaded-prior-to"], id="time"),
    ],
)
def test_kind(
    tmp_path: Path, shelf: IndexServer, given: list[str], options: dict[str, Any], rule: str, words: list[str]
) -> None:
    """Each failure is told in one clear line: what is wrong with which project, and what to try."""
    if "constraint" in options:
        (tmp_path / "c.txt").write_text(options["constraint"])
        options = {"constraint": tmp_path / "c.txt"}
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, given, target=INTEL, index_url=shelf.url, **options)
    [problem] = caught.value.problems
    assert problem.rule == rule
    line = str(problem)
    for word in words:
        assert word in line
    assert "\n" not in line
    assert caught.value.exit_code == (2 if rule == "pip-refused" else 1)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("demo==1.0 --hash=sha256:{wrong}", "hash-mismatch"),
        ("demo --hash=sha256:{wrong}", "hash-mismatch"),
        ("demo==1.0 --hash=sha256:{right}\nabove", "hash-missing"),
    ],
)
def test_hashes(tmp_path: Path, shelf: IndexServer, line: str, rule: str) -> None:
    """A hash that does not match is told apart from one that is missing."""
    right = hashlib.sha256((shelf.folder / "demo-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    (tmp_path / "r.txt").write_text(line.format(wrong="0" * 64, right=right))
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, tmp_path / "r.txt", target=INTEL, index_url=shelf.url)
    assert [problem.rule for problem in caught.value.problems] == [rule]


def test_wheel_for_another_target(tmp_path: Path, shelf: IndexServer) -> None:
    """A wheel given by URL or path that does not run on the target is refused."""
    url = shelf.file_url("native-1.0-cp312-cp312-win_amd64.whl")
    for given in (f"native @ {url}", make_wheel(tmp_path, "own", tag="cp313-cp313-win_amd64")):
        with pytest.raises(LambdaWheelsError) as caught:
            run_resolve(tmp_path, given, index_url=shelf.url)
        assert [problem.rule for problem in caught.value.problems] == ["no-fitting-wheel"]


@pytest.mark.parametrize("indexed", [True, False], ids=["index", "no index"])
@pytest.mark.parametrize(
    ("folder", "version", "build"),
    [("", "2.0", None), ("", "1.0", "1"), ("x", "1.0", None)],
    ids=["versions", "builds", "copies"],
)
def test_two_wheels_of_a_project(
    tmp_path: Path, shelf: IndexServer, folder: str, version: str, build: str | None, indexed: bool
) -> None:
    """Two wheels of one project are a conflict, which names both files, whether an index knows the project or not."""
    (tmp_path / "x").mkdir()
    wheels = [make_wheel(tmp_path, "demo"), make_wheel(tmp_path / folder, "demo", version, build=build)]
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, wheels, **({"index_url": shelf.url} if indexed else {"no_index": True}))
    [problem] = caught.value.problems
    assert (problem.rule, problem.hint) == ("conflict", "give one of them")
    assert all(str(wheel) in problem.message for wheel in wheels)


def test_wheel_and_what_forbids_it(tmp_path: Path, shelf: IndexServer) -> None:
    """A wheel and a project that needs another version of it are a conflict, though the index was asked for neither."""
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, [make_wheel(tmp_path, "demo", "1.5"), "above"], index_url=shelf.url)
    [problem] = caught.value.problems
    assert problem.rule == "conflict"
    assert "above 1.0 asks for demo>=2" in problem.message


def test_wheel_and_a_requirement_that_it_meets(tmp_path: Path) -> None:
    """A wheel serves for a requirement of its project, which no index has, and may be given twice."""
    wheel = make_wheel(tmp_path, "demo")
    assert pins(run_resolve(tmp_path, ["demo<2", wheel, wheel], no_index=True)) == {"demo": "1.0"}


def test_pips_own_words(tmp_path: Path, shelf: IndexServer, caplog: pytest.LogCaptureFixture) -> None:
    """What pip itself said stands in the log at DEBUG, for ``-v``."""
    with caplog.at_level("DEBUG", "lambda_wheels"), pytest.raises(LambdaWheelsError):
        run_resolve(tmp_path, "absent", index_url=shelf.url)
    assert "No matching distribution found for absent" in caplog.text


def test_everything_in_the_way(tmp_path: Path, shelf: IndexServer) -> None:
    """pip ends at the first project that it cannot have; all that were asked for and cannot be had are told."""
    asked = ["native", "demo", "absent", "source; python_version < '3'", "source>1"]
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, asked, target=INTEL, index_url=shelf.url)
    assert [(problem.project, problem.rule) for problem in caught.value.problems] == [
        ("native", "no-fitting-wheel"),
        ("absent", "no-such-project"),
        ("source", "only-sdist"),
    ]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("./absent-1.0-py3-none-any.whl", "no-such-file"),
        ("absent @ file:///no/absent-1.0-py3-none-any.whl", "no-such-file"),
        ("absent @ ./absent-1.0-py3-none-any.whl", "bad-requirement"),
        ("absent @ absent-1.0-py3-none-any.whl", "bad-requirement"),
    ],
)
def test_wheel_that_is_not_there(tmp_path: Path, line: str, rule: str) -> None:
    """A line with the path of a wheel that is not there, or that is no URL where one has to be, is what is wrong."""
    file = tmp_path / "requirements.txt"
    file.write_text(f"{line}\n")
    with pytest.raises(ResolutionError, match=r"absent-1\.0.*requirements\.txt") as caught:
        run_resolve(tmp_path, file, no_index=True)
    [problem] = caught.value.problems
    assert problem.rule == rule
    assert problem.hint
