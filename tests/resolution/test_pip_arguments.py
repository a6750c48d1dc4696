"""The arguments of pip, and the plain command. (Pure.)"""

from __future__ import annotations

import shlex
from pathlib import Path

from packaging.version import Version

from lambda_wheels.resolution.index_options import pip_options
from lambda_wheels.resolution.pip_arguments import (
    download_arguments,
    plain_command,
    resolve_arguments,
    target_arguments,
)
from lambda_wheels.resolution.requirements import Requirements
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.targets import Target

TARGET = Target("python3.11", "arm64")
ARGUMENTS = """
--only-binary=:all:
--platform manylinux_2_26_aarch64 --platform manylinux_2_25_aarch64 --platform manylinux_2_24_aarch64
--platform manylinux_2_23_aarch64 --platform manylinux_2_22_aarch64 --platform manylinux_2_21_aarch64
--platform manylinux_2_20_aarch64 --platform manylinux_2_19_aarch64 --platform manylinux_2_18_aarch64
--platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 --platform linux_aarch64
--python-version 3.11.9 --implementation cp --abi cp311
""".split()


def chosen(name: str, version: str, url: str, *, direct: bool = False) -> ResolvedWheel:
    """A chosen wheel."""
    return ResolvedWheel(
        name=name,  # type: ignore[arg-type]
        version=Version(version),
        filename=f"{name}-{version}-py3-none-any.whl",
        url=url,
        sha256="ab" * 32,
        direct=direct,
    )


WHEELS = [
    chosen("demo", "1.0", "https://h.example/demo-1.0-py3-none-any.whl?token=sesame"),
    chosen("needs", "2.0", "https://h.example/needs-2.0-py3-none-any.whl?token=sesame", direct=True),
]
SECRET = {
    "index_url": "https://alice:sesame@h.example/simple/?token=sesame",
    "extra_index_url": ["https://sesame@h.example/simple/"],
    "find_links": "https://h.example/links/?token=sesame",
    "proxy": "alice:sesame@proxy.example:8080",
    "pre": True,
}


def test_target_arguments() -> None:
    """Every platform, the full Python version, implementation and ABI of a target are named."""
    assert target_arguments(TARGET) == ARGUMENTS


def test_resolve_arguments() -> None:
    """Requirements stand behind a double hyphen, so that none can be an option."""
    wheel = Path("/w;x/demo-1.0-py3-none-any.whl").absolute()  # a path would end at the semicolon
    requirements = Requirements(strings=("demo>=1",), files=(Path("/r.txt"),), wheels=(wheel,))
    arguments = resolve_arguments(TARGET, requirements, ["--pre"], Path("/report.json"))
    assert arguments[0] == "install"
    assert {"--dry-run", "--ignore-installed", "--no-input", "--break-system-packages"} < set(arguments)
    tail = [
        "--report=/report.json",
        "--pre",
        "--requirement",
        "/r.txt",
        "--",
        wheel.as_uri(),
        "demo>=1",
    ]
    assert [argument.replace("\\", "/") for argument in arguments[-7:]] == tail


def test_download_arguments() -> None:
    """Exactly the chosen files are asked for, each with its hash, and nothing that they need."""
    arguments = download_arguments(TARGET, WHEELS[:1], ["--pre"])
    assert arguments[-2:] == ["--", f"demo @ {WHEELS[0].url}#sha256={'ab' * 32}"]
    assert {"--no-deps", "--pre", "--dry-run", "--break-system-packages"} < set(arguments)


def test_plain_command() -> None:
    """The command is the one that a person would type: projects pinned, direct wheels by URL."""
    words = shlex.split(plain_command(TARGET, WHEELS, ["--pre"]))
    assert words == [
        *["pip", "install", "--target", "python"],
        *ARGUMENTS,
        *["--no-deps", "--no-compile", "--pre", "demo==1.0", "https://h.example/needs-2.0-py3-none-any.whl"],
    ]


def test_plain_command_shows_no_secret() -> None:
    """No user, password or query of any option or URL stands in the command."""
    command = plain_command(TARGET, WHEELS, pip_options(SECRET))
    assert "sesame" not in command
    assert "alice" not in command
    assert "--index-url=https://h.example/simple/" in command
    assert "--proxy=proxy.example:8080" in command
