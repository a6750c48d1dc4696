"""What people use today to make the same layer: each a list of commands. (Pure, but for looking what is installed.)"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.cases import Case

Step = Callable[[Case], list[str]]
ZIP = "layer.zip"


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to make ``layer.zip`` in the working directory."""

    name: str
    steps: tuple[Step, ...]
    programs: tuple[str, ...] = ()
    """What has to be on PATH."""
    modules: tuple[str, ...] = ()
    """What has to be importable."""
    interpreters: tuple[str, ...] = ()
    """Which Pythons have to be on PATH, and run: the shim of an absent one does not."""
    deflates: bool = True
    """Whether the zip is compressed."""

    def missing(self) -> str | None:
        """What keeps it from being run here, if anything does."""
        for program in self.programs:
            if program_of(program) is None:
                return f"no {program} on PATH"
        for interpreter in self.interpreters:
            path = shutil.which(interpreter)
            if path is None or subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode:
                return f"no {interpreter} on PATH that runs"
        for module in self.modules:
            if importlib.util.find_spec(module) is None:
                return f"{module} is not installed"
        return None


OURS = "lambda-wheels"


def peers(case: Case) -> list[Peer]:
    """Ours first, then the others."""
    ours = [Peer(OURS, (_ours,))]
    if case.locked:
        # Given versions uv asks the index again, given the lock it does not.
        return ours + _with_uv("uv", _uv_with_versions)[:-1] + _with_uv("uv with the lock", _uv_with_lock)
    others = [
        Peer("pip + zip -r", (_pip, _zip("-r")), programs=("zip",)),
        Peer(
            "aws-lambda-builders + zip -r",
            (_builders, _zip("-r")),
            programs=("zip",),
            modules=("aws_lambda_builders",),
            interpreters=("python3.13",),
        ),
    ]
    return ours + _with_uv("uv", _uv)[:-1] + others


def _with_uv(name: str, step: Step) -> list[Peer]:
    """uv, and each way of zipping what it wrote."""
    return [
        Peer(f"{name} + {how}", (step, packing), programs=("uv", program), deflates=deflates)
        for how, program, packing, deflates in (
            ("zip -r", "zip", _zip("-r"), True),
            ("zip -1", "zip", _zip("-r1"), True),
            ("7z -mx1", "7z", _7z, True),
            ("zip -0", "zip", _zip("-r0"), False),
        )
    ]


def lock_command(case: Case, output: Path) -> list[str]:
    """What makes the lock of a case."""
    return [*_lambda_wheels("lock", case), *case.requirements, "--output", str(output), "-q"]


def program_of(name: str) -> str | None:
    """The program beside this interpreter, or on PATH."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def _lambda_wheels(command: str, case: Case) -> list[str]:
    target = ["--runtime", case.target.runtime, "--architecture", case.target.architecture]
    return [sys.executable, "-m", "lambda_wheels", command, *target]


def _ours(case: Case) -> list[str]:
    wanted = ["-r", str(case.lock)] if case.lock else case.requirements
    return [*_lambda_wheels("build", case), *wanted, "--output", ZIP, "-q"]


def versions_of(lock: Path) -> Path:
    """Where what a lock has is written as plain versions, beside it."""
    return lock.with_name("versions.txt")


def _uv_with_lock(case: Case) -> list[str]:
    return [*_uv_install(case), "--no-deps", "-r", str(case.lock)]


def _uv_with_versions(case: Case) -> list[str]:
    assert case.lock is not None
    return [*_uv_install(case), "--no-deps", "-r", str(versions_of(case.lock))]


def _uv(case: Case) -> list[str]:
    return [*_uv_install(case), *case.requirements]


def _uv_install(case: Case) -> list[str]:
    # Both of Amazon Linux 2023's words: uv knows the glibc by the platform's name.
    platform = f"{case.target.machine}-manylinux_2_34"
    return [
        str(program_of("uv")),
        *("pip", "install", "--quiet", "--target", "python", "--only-binary", ":all:", "--no-compile-bytecode"),
        *("--python-platform", platform, "--python-version", case.python),
    ]


def _pip(case: Case) -> list[str]:
    return [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--target", "python"),
        *("--only-binary=:all:", "--no-compile"),
        *pip_target(case),
        *case.requirements,
    ]


def pip_target(case: Case) -> list[str]:
    """pip's words for the target."""
    platforms = [argument for platform in case.target.platforms for argument in ("--platform", platform)]
    version = ["--python-version", case.target.python]
    return [*platforms, *version, "--implementation", "cp", "--abi", case.target.interpreter]


def _builders(case: Case) -> list[str]:
    # By its path: with the repository on the path, our own rows would import the source, which may have no bytecode.
    script = str(Path(__file__).with_name("builders.py"))
    return [sys.executable, script, case.target.runtime, case.target.architecture, *case.requirements]


def _zip(flag: str) -> Step:
    return lambda case: ["zip", "-q", flag, ZIP, "python"]


def _7z(case: Case) -> list[str]:
    return ["7z", "a", "-tzip", "-mx1", "-bso0", "-bsp0", ZIP, "python"]
