"""The public API as a user's typed program has it: nothing here is run, mypy reads it with the other tests.

Each ``type: ignore`` is a mistake that the annotations have to find: mypy calls one that is not needed an error.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import assert_type

from packaging.tags import Tag

import lambda_wheels
from lambda_wheels import (
    IndexOptions,
    Layer,
    LayerWheel,
    Lock,
    LockChange,
    LockedProject,
    LockedWheel,
    Problem,
    ProgressEvent,
    Runtime,
    Severity,
    Stage,
    Target,
)


def requirements_of_every_kind(output: Path) -> None:
    """One string, one path, or any iterable of both; the output as text or as a path."""
    lambda_wheels.build_layer("duckdb", runtime="python3.13", architecture="arm64", output="layer.zip")
    lambda_wheels.build_layer(Path("requirements.txt"), runtime="python3.13", architecture="arm64", output=output)
    given: list[str | Path] = ["duckdb>=1.4", Path("requirements.txt")]
    lambda_wheels.build_layer(given, runtime="python3.13", architecture="arm64", output=output)
    lambda_wheels.build_layer(("requests",), runtime="python3.13", architecture="arm64", output=output)
    lambda_wheels.build_layer({"requests"}, runtime="python3.13", architecture="arm64", output=output)


def bytecode_of_every_kind(interpreter: Path) -> None:
    """Bytecode or none, or the interpreter that compiles it as text or as a path."""
    lambda_wheels.build_layer("x", runtime="python3.13", architecture="arm64", output="x.zip", bytecode=False)
    lambda_wheels.build_layer("x", runtime="python3.13", architecture="arm64", output="x.zip", bytecode="python")
    lambda_wheels.build_layer("x", runtime="python3.13", architecture="arm64", output="x.zip", bytecode=interpreter)


def everything_at_once(report: Callable[[ProgressEvent], None]) -> Layer:
    """Every parameter and every option."""
    return lambda_wheels.build_layer(
        ["requests"],
        runtime="python3.13",
        architecture="x86_64",
        output="layer.zip",
        scripts=True,
        bytecode=True,
        allow=["record-hash:requests"],
        strict=True,
        progress=report,
        index_url="https://user:secret@example.org/simple",
        extra_index_url=["https://example.org/simple"],
        find_links=Path("wheels"),
        no_index=False,
        constraint=[Path("constraints.txt")],
        pre=True,
        uploaded_prior_to=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        require_hashes=False,
        trusted_host="example.org",
        cert="ca.pem",
        client_cert=Path("client.pem"),
        proxy="http://localhost:3128",
        keyring_provider="import",
        timeout=2.5,
        retries=1,
    )


def options_handed_on() -> Layer:
    """Options may be kept as a typed dictionary."""
    kept: IndexOptions = {"index_url": "https://example.org/simple", "pre": True}
    return lambda_wheels.build_layer("six", runtime="python3.13", architecture="arm64", output="layer", **kept)


def what_comes_back(layer: Layer) -> None:
    """The attributes of a layer."""
    assert_type(layer.path, Path)
    assert_type(layer.sha256, str | None)
    assert_type(layer.code_sha256, str | None)
    assert_type(layer.content_sha256, str)
    assert_type(layer.zip_size, int | None)
    assert_type(layer.unzipped_size, int)
    assert_type(layer.wheels, tuple[LayerWheel, ...])
    assert_type(layer.targets, tuple[Target, ...])
    assert_type(layer.compatible_runtimes, tuple[str, ...])
    assert_type(layer.compatible_architectures, tuple[str, ...])
    assert_type(layer.warnings, tuple[Problem, ...])
    assert_type(layer.pip_command, str)
    assert_type(layer.wheels[0].tags, tuple[str, ...])


def fetched() -> list[str]:
    """What fetching gives."""
    wheels = lambda_wheels.fetch_wheels("six", runtime="python3.13", architecture="arm64", output="wheels", pre=True)
    assert_type(wheels, tuple[LayerWheel, ...])
    return [wheel.filename for wheel in wheels]


def locked(report: Callable[[ProgressEvent], None]) -> Lock:
    """One target or several, by any iterable; every parameter; and what comes back."""
    lambda_wheels.lock("six", runtime="python3.13", architecture="arm64")
    lambda_wheels.lock(Path("r.txt"), runtime=lambda_wheels.RUNTIMES, architecture=("arm64", "x86_64"), check=True)
    lambda_wheels.build_layer(Path("pylock.toml"), runtime="python3.13", architecture="arm64", output="layer.zip")
    made = lambda_wheels.lock(
        ["six", Path("requirements.txt")],
        runtime=["python3.12", "python3.13"],
        architecture={"arm64"},
        output=Path("pylock.six.toml"),
        upgrade=False,
        upgrade_projects=["six"],
        check=False,
        allow=["record-hash:six"],
        strict=True,
        progress=report,
        uploaded_prior_to="P7D",
    )
    assert_type(made.path, Path)
    assert_type(made.targets, tuple[Target, ...])
    assert_type(made.projects, tuple[LockedProject, ...])
    assert_type(made.projects[0].name, str)
    assert_type(made.projects[0].marker, str | None)
    assert_type(made.projects[0].wheels, tuple[LockedWheel, ...])
    assert_type(made.projects[0].wheels[0].url, str | None)
    assert_type(made.projects[0].wheels[0].size, int | None)
    assert_type(made.changed, bool)
    assert_type(made.changes, tuple[LockChange, ...])
    assert_type(made.changes[0].before, str | None)
    assert_type(made.uploaded_prior_to, str | None)
    assert_type(made.warnings, tuple[Problem, ...])
    return made


def checked(report: Callable[[ProgressEvent], None]) -> bool:
    """Strings or paths; every parameter; and what comes back."""
    lambda_wheels.check("layer.zip", lock="pylock.toml", wheels="our-1.0-py3-none-any.whl")
    found = lambda_wheels.check(
        Path("layer"),
        lock=Path("pylock.toml"),
        wheels=[Path("our-1.0-py3-none-any.whl"), "their-1.0-py3-none-any.whl"],
        bytecode_python="/opt/python3.13/bin/python3",
        progress=report,
        index_url="https://example.org/simple",
    )
    assert_type(found, tuple[Problem, ...])
    return not found


def targets() -> None:
    """Targets and the tables."""
    target = Target("python3.13", "arm64")
    assert_type(target.tags, tuple[Tag, ...])
    assert_type(target.platforms, tuple[str, ...])
    assert_type(target.marker_environment, dict[str, str])
    assert_type(lambda_wheels.RUNTIMES["python3.13"], Runtime)
    runtimes: Mapping[str, Runtime] = lambda_wheels.RUNTIMES
    assert_type(runtimes["python3.13"].deprecated, datetime.date | None)


def errors() -> int:
    """One root to catch; the problems and the exit code on it."""
    try:
        lambda_wheels.build_layer("six", runtime="python3.13", architecture="arm64", output="layer.zip")
    except lambda_wheels.CannotBuildError as error:
        assert_type(error.problems, tuple[Problem, ...])
        assert_type(error.problems[0].severity, Severity)
        assert_type(error.problems[0].project, str | None)
    except lambda_wheels.LambdaWheelsError as error:
        return error.exit_code
    return 0


def progress(event: ProgressEvent) -> None:
    """A callback of one's own."""
    assert_type(event.stage, Stage)
    assert_type(event.done, int)
    assert_type(event.total, int | None)
    assert_type(event.what, str)


def mistakes() -> None:
    """What a type checker finds before the program runs."""
    lambda_wheels.build_layer("six", runtime="python3.13", output="layer.zip")  # type: ignore[call-arg]
    lambda_wheels.build_layer("six", "python3.13", "arm64", "layer.zip")  # type: ignore[call-arg]
    lambda_wheels.build_layer(
        "six", runtime="python3.13", architecture="arm64", output="layer.zip", index="https://example.org"  # type: ignore[call-arg]
    )  # fmt: skip
    lambda_wheels.build_layer([1], runtime="python3.13", architecture="arm64", output="layer.zip")  # type: ignore[list-item]
    lambda_wheels.lock("six", runtime="python3.13")  # type: ignore[call-arg]
    lambda_wheels.lock("six", runtime="python3.13", architecture="arm64", upgrade="six")  # type: ignore[arg-type]
    lambda_wheels.build_layer("six", runtime="python3.13", architecture=["arm64"], output="x")  # type: ignore[arg-type]
    lambda_wheels.check()  # type: ignore[call-arg]
    lambda_wheels.check("layer.zip", "pylock.toml")  # type: ignore[call-arg]
    lambda_wheels.check("layer.zip", lock="pylock.toml", bytecode_python=True)  # type: ignore[arg-type]
    lambda_wheels.Target("python3.13", "arm64").runtime = "python3.12"  # type: ignore[misc]
