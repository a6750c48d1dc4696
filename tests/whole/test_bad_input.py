"""Bad input ends in our errors, a line for each problem; the output is untouched. (Some start pip.)"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import (
    CannotBuildError,
    LambdaWheelsError,
    OutputRefusedError,
    ResolutionError,
    UsageError,
)
from tests.index_server import Fault, IndexServer, Listing
from tests.loopback import TARGET, Build, command, left_behind, snapshot, stored_wheels
from tests.wheel_factory import make_wheel

Given = str | Path | list[str | Path]


def refused(output: Path, given: Given = "demo", **options: Any) -> LambdaWheelsError:
    """The error of a build that is refused before pip is started; it has one line for each problem."""
    with pytest.raises(LambdaWheelsError) as caught:
        lambda_wheels.build_layer(given, **{**TARGET, **options}, output=output)
    error = caught.value
    lines = str(error).splitlines()
    assert len(lines) == len(error.problems)
    for line, problem in zip(lines, error.problems, strict=True):
        assert line.startswith(f"error[{problem.rule}] ")
        assert line.isprintable()
    return error


def rules(error: LambdaWheelsError) -> list[str]:
    """The rules that were broken."""
    return [problem.rule for problem in error.problems]


# --- What is asked for -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "rule", "said"),
    [
        pytest.param({"runtime": "pyhton3.13"}, "unknown-runtime", "did you mean 'python3.13'?", id="typo"),
        pytest.param({"runtime": "3.13"}, "unknown-runtime", "did you mean 'python3.13'?", id="number"),
        pytest.param({"runtime": "nodejs22.x"}, "unknown-runtime", "python3.13", id="other language"),
        pytest.param({"runtime": ""}, "unknown-runtime", "python3.13", id="empty"),
        pytest.param({"runtime": None}, "unknown-runtime", "python3.13", id="none"),
        pytest.param({"architecture": "arm"}, "unknown-architecture", "did you mean 'arm64'?", id="short"),
        pytest.param({"architecture": "aarch64"}, "unknown-architecture", "did you mean 'arm64'?", id="wheels' word"),
        pytest.param({"architecture": "amd64"}, "unknown-architecture", "did you mean 'x86_64'?", id="Debian's word"),
        pytest.param({"architecture": "ARM64"}, "unknown-architecture", "did you mean 'arm64'?", id="upper case"),
        pytest.param(
            {"architecture": ["arm64", "x86_64"]}, "unknown-architecture", "done for one architecture", id="two"
        ),
        pytest.param({"architecture": []}, "unknown-architecture", "no architecture was named", id="no architecture"),
        pytest.param({"architecture": "mips"}, "unknown-architecture", "x86_64, arm64", id="another"),
    ],
)
def test_unknown_targets(options: dict[str, Any], rule: str, said: str, out: Path) -> None:
    """A runtime or an architecture that Lambda does not have: the known ones are listed, the likeliest is named."""
    error = refused(out / "layer.zip", **options)
    assert isinstance(error, UsageError)
    assert rules(error) == [rule]
    assert said in str(error)


def test_all_that_is_wrong_with_a_target(out: Path) -> None:
    """Runtime and architecture are looked at together."""
    error = refused(out / "layer.zip", runtime="python2.7", architecture="mips")
    assert rules(error) == ["unknown-runtime", "unknown-architecture"]


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        pytest.param([], "no-requirement", id="nothing"),
        pytest.param("", "bad-requirement", id="empty"),
        pytest.param(" ", "bad-requirement", id="blank"),
        pytest.param("--index-url=https://example.org", "bad-requirement", id="option"),
        pytest.param("-r requirements", "bad-requirement", id="file option"),
        pytest.param("-e .", "bad-requirement", id="editable"),
        pytest.param("a==1 --index-url https://example.org", "bad-requirement", id="hidden option"),
        pytest.param("a==1 --hash=sha256:00", "bad-requirement", id="hash"),
        pytest.param("a\n--index-url=https://example.org", "bad-requirement", id="line break"),
        pytest.param("a\r--pre", "bad-requirement", id="carriage return"),
        pytest.param("a\x85--pre", "bad-requirement", id="other line break"),
        pytest.param("a\0", "bad-requirement", id="NUL"),
        pytest.param("\u0430lpha", "bad-requirement", id="look-alike"),
        pytest.param("a\u202e", "bad-requirement", id="bidirectional"),
        pytest.param("requirements.txt", "string-for-path", id="requirement file"),
        pytest.param("pylock.toml", "string-for-path", id="lock file"),
        pytest.param("demo-1.0-py3-none-any.whl", "string-for-path", id="wheel"),
        pytest.param("demo-1.0.tar.gz", "string-for-path", id="sdist"),
        pytest.param("https://example.org/demo-1.0-py3-none-any.whl", "bad-requirement", id="bare URL"),
        pytest.param("git+https://example.org/demo", "bad-requirement", id="bare repository"),
        pytest.param("demo @ git+https://example.org/demo", "not-a-wheel", id="repository"),
        pytest.param("demo @ https://example.org/demo-1.0.tar.gz", "not-a-wheel", id="URL of an sdist"),
        pytest.param("demo @ https://u:s@example.org/demo-1.0-py3-none-any.whl", "url-credentials", id="credentials"),
        pytest.param(Path("missing.txt"), "no-such-file", id="missing file"),
        pytest.param(Path("missing-1.0-py3-none-any.whl"), "no-such-file", id="missing wheel"),
        pytest.param(Path(), "not-a-wheel", id="folder"),
    ],
)
def test_bad_requirements(given: Given, rule: str, out: Path) -> None:
    """What is no requirement, or hides something else, is refused before anything is started."""
    error = refused(out / "layer.zip", given)
    assert isinstance(error, UsageError)
    assert rules(error) == [rule]
    assert "u:s" not in str(error)
    assert list(out.iterdir()) == []


def test_all_that_is_wrong_with_requirements(out: Path) -> None:
    """All requirements are looked at, and the options that name files too."""
    given: Given = ["-e .", "six", Path("missing.txt"), "demo.whl"]
    error = refused(out / "layer.zip", given, constraint=Path("none.txt"))
    assert rules(error) == ["bad-requirement", "no-such-file", "string-for-path", "no-such-file"]


def test_existing_file_given_as_a_string(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A string that names a file here is asked about, whatever its ending."""
    monkeypatch.chdir(out)
    (out / "requirements").write_text("demo")
    error = refused(out / "layer.zip", "requirements")
    assert rules(error) == ["string-for-path"]
    assert "did you mean Path('requirements')?" in str(error)


@pytest.mark.pip
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("# nothing\n\n", id="comments"),
        pytest.param('demo; sys_platform == "win32"\n', id="markers"),
    ],
)
def test_nothing_that_applies(text: str, build: Build, out: Path) -> None:
    """Where nothing of what was asked for applies to the target, that is an error and not an empty layer."""
    file = out / "requirements.txt"
    file.write_text(text)
    with pytest.raises(ResolutionError, match="applies to the target") as caught:
        build(file, output=out / "layer.zip")
    assert rules(caught.value) == ["no-requirement"]
    assert [path.name for path in out.iterdir()] == ["requirements.txt"]


# --- Where it goes ---------------------------------------------------------------------------------------------------


def _foreign(out: Path) -> Path:
    (out / "layer" / "src").mkdir(parents=True)
    (out / "layer" / "src" / "app.py").write_text("mine\n")
    return out / "layer"


def _file(out: Path) -> Path:
    (out / "layer").write_text("mine\n")
    return out / "layer"


def _folder_for_zip(out: Path) -> Path:
    (out / "layer.zip").mkdir()
    return out / "layer.zip"


def _dangling(out: Path) -> Path:
    (out / "layer.zip").symlink_to(out / "nowhere" / "layer.zip")
    return out / "layer.zip"


def _below_a_file(out: Path) -> Path:
    (out / "file").write_text("mine\n")
    return out / "file" / "layer.zip"


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize(
    ("make", "kind", "rule", "said"),
    [
        pytest.param(_foreign, OutputRefusedError, "output-not-ours", "src/app.py", id="foreign content"),
        pytest.param(_file, OutputRefusedError, "output-refused", "it is a file", id="file for a folder"),
        pytest.param(_folder_for_zip, OutputRefusedError, "output-refused", "it is a folder", id="folder for a zip"),
        pytest.param(_dangling, OutputRefusedError, "output-refused", "leads nowhere", id="dangling link"),
        pytest.param(_below_a_file, OutputRefusedError, "output-refused", "is a file", id="below a file"),
        pytest.param(
            lambda out: out / "none" / "layer.zip",
            OutputRefusedError,
            "output-refused",
            "does not exist",
            id="no folder",
        ),
        pytest.param(
            lambda out: out / f"{'x' * 300}.zip", OutputRefusedError, "output-refused", "too long", id="long name"
        ),
        pytest.param(
            lambda out: out / "/".join(["x" * 200] * 25) / "layer.zip",
            OutputRefusedError,
            "output-refused",
            "too long",
            id="long path",
        ),
        pytest.param(lambda out: Path(f"{out}/a\0b.zip"), OutputRefusedError, "output-refused", "null", id="NUL"),
        pytest.param(lambda out: Path(os.devnull), OutputRefusedError, "output-refused", "it is a file", id="device"),
    ],
)  # fmt: skip
def test_bad_outputs(make: Callable[[Path], Path], kind: type[Exception], rule: str, said: str, out: Path) -> None:
    """An output that cannot become a layer is refused before pip is started, and stays what it was."""
    output = make(out)
    before = snapshot(out), sorted(path.name for path in out.iterdir())
    error = refused(output)
    assert isinstance(error, kind)
    assert rules(error) == [rule]
    assert said in str(error)
    assert (snapshot(out), sorted(path.name for path in out.iterdir())) == before


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may")
def test_not_permitted(out: Path) -> None:
    """A folder that may not be written: one line, nothing begun."""
    out.chmod(0o500)
    assert rules(refused(out / "layer.zip")) == ["output-failed"]


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.pip
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("with spaces.zip", id="spaces"),
        pytest.param("Größe-日本語.zip", id="accents"),
        pytest.param("-o.zip", id="hyphen"),
        pytest.param("%s{0}$HOME;.zip", id="signs"),
        pytest.param(f"{'x' * 251}.zip", id="255 bytes"),
        pytest.param("line\nbreak.zip", id="line break"),
        pytest.param("layer.ZIP", id="upper case"),
    ],
)
def test_odd_names(name: str, build: Build, served: Path, out: Path) -> None:
    """An output's name that is odd but possible is a name."""
    if sys.platform == "win32" and set(name) & set("\n%;{}"):
        pytest.skip("no such names on Windows")
    make_wheel(served, "demo")
    layer = build("demo", output=out / name)
    assert [path.name for path in out.iterdir()] == [name]
    assert layer.path.name == name
    assert layer.zip_size == (out / name).stat().st_size


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.pip
def test_a_link_to_an_output(build: Build, served: Path, out: Path) -> None:
    """A symbolic link to a zip stays one, and what it leads to is written."""
    make_wheel(served, "demo")
    (out / "real.zip").write_bytes(b"old")
    (out / "link.zip").symlink_to("real.zip")
    layer = build("demo", output=out / "link.zip")
    assert (out / "link.zip").is_symlink()
    assert (out / "real.zip").stat().st_size == layer.zip_size


# --- What happens on the way -----------------------------------------------------------------------------------------


LIMITED = """
import resource, signal, sys
import lambda_wheels.cli
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.exit(lambda_wheels.cli.main(sys.argv[2:]))
"""


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.pip
@pytest.mark.process
@pytest.mark.usefixtures("uncovered")
@pytest.mark.skipif(sys.platform == "win32", reason="no such limits")
@pytest.mark.parametrize("output", ["layer.zip", "layer"])
def test_no_room_for_the_output(output: str, build: Build, index: IndexServer, served: Path, out: Path) -> None:
    """Where a file may not grow as large as it has to, that is said in one line, with exit code 3."""
    # Compressible: the wheel itself comes in; two of them, as a zip, or one unpacked are too large.
    noise = os.urandom(60_000)
    for name in ("one", "two"):
        make_wheel(served, name, files={f"{name}/data.bin": noise + bytes(90_000)})
    build(["one", "two"], output=out / "other.zip")
    before = snapshot(out)
    options = ["--runtime=python3.13", "--architecture=arm64", f"--index-url={index.url}", f"--output={out / output}"]
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, "100000", "build", "one", "two", *options], capture_output=True, text=True
    )
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert re.fullmatch(r"error\[output-failed\] cannot write '[^\n]*': the file would be larger[^\n]*\n", ended.stderr)
    assert snapshot(out) == before
    assert left_behind(out) == []


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.pip
@pytest.mark.process
@pytest.mark.usefixtures("uncovered")
@pytest.mark.skipif(sys.platform == "win32", reason="no such limits")
@pytest.mark.parametrize("metadata", [True, False], ids=["to fetch it", "to resolve it"])
def test_no_room_for_a_wheel(metadata: bool, served: Path, out: Path, store: Path) -> None:
    """Where pip cannot write what it downloads, that is a failure of the surroundings, and the store stays whole."""
    make_wheel(served, "demo", files={"demo/data.bin": os.urandom(150_000)})
    with IndexServer(served, listing=Listing(metadata=metadata)) as index:
        options = [
            "--runtime=python3.13",
            "--architecture=arm64",
            f"--index-url={index.url}",
            f"--output={out / 'a.zip'}",
        ]
        ended = subprocess.run(
            [sys.executable, "-c", LIMITED, "100000", "build", "demo", *options], capture_output=True, text=True
        )
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.splitlines()[-1].startswith("error[disk-failed] pip could not write or read a file: ")
    assert "Traceback" not in ended.stderr
    assert list(out.iterdir()) == []
    assert stored_wheels(store) == []
    assert left_behind(store) == []


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.pip
@pytest.mark.process
@pytest.mark.parametrize("silent", ["/simple/*", "/files/*.whl"])
def test_killed_in_the_middle(
    silent: str, build: Build, index: IndexServer, served: Path, out: Path, store: Path
) -> None:
    """After a build was killed with its pip, the index being silent, the next one succeeds and sweeps what it left."""
    if sys.platform == "win32":
        pytest.skip("processes are not killed by signals there")
    make_wheel(served, "demo")
    index.fail(silent, Fault.silence())
    options = ["--runtime=python3.13", "--architecture=arm64", f"--index-url={index.url}", f"--output={out / 'a.zip'}"]
    process = subprocess.Popen(command("build", "demo", *options), start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not index.matching(silent):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert left_behind(store) != []
    assert list(out.iterdir()) == []
    index.mend()
    build("demo", output=out / "a.zip")
    assert left_behind(out, store) == []


@pytest.mark.pip
@pytest.mark.parametrize(
    ("pattern", "fault", "rule"),
    [
        pytest.param("/simple/*", Fault.status(503), "index-failed", id="page fails"),
        pytest.param("/simple/*", Fault.portal(), "not-an-index", id="login page"),
        pytest.param("/files/*.whl", Fault.status(404), "file-failed", id="wheel is gone"),
        pytest.param("/files/*.whl", Fault.wrong_body(), "hash-mismatch", id="other bytes"),
    ],
)
def test_index_that_fails(
    pattern: str, fault: Fault, rule: str, build: Build, index: IndexServer, served: Path, out: Path, store: Path
) -> None:
    """Whatever the index does, the output is as it was, and nothing of it is in the store."""
    make_wheel(served, "demo")
    (out / "layer.zip").write_bytes(b"old")
    index.fail(pattern, fault)
    with pytest.raises(LambdaWheelsError) as caught:
        build("demo", output=out / "layer.zip")
    assert rules(caught.value) == [rule]
    assert isinstance(caught.value, CannotBuildError) == (rule == "hash-mismatch")
    assert [path.read_bytes() for path in out.iterdir()] == [b"old"]
    assert stored_wheels(store) == []
    assert left_behind(out, store) == []


@pytest.mark.parametrize("make", [lambda_wheels.build_layer, lambda_wheels.fetch_wheels])
def test_output_without_a_name(make: Callable[..., object]) -> None:
    """An empty output, as from a variable that is not set, is not the working directory."""
    with pytest.raises(UsageError, match="the output has no name"):
        make("demo", output="", **TARGET)
