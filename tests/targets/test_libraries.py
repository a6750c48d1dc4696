"""What the images have for the loader, and which names of extension modules a target's Python sees. (Pure.)"""

from __future__ import annotations

import importlib.machinery
import platform
import sys
import sysconfig

import pytest

from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from lambda_wheels.targets.libraries import Image, image_of
from lambda_wheels.wheels.native import split_version

EVERY_TARGET = [
    pytest.param(Target(runtime, architecture), id=f"{runtime}-{architecture}")
    for runtime in RUNTIMES
    for architecture in ARCHITECTURES
]


def image(target: Target) -> Image:
    """The image under a target."""
    return image_of(target.operating_system, target.machine)


@pytest.mark.parametrize("target", EVERY_TARGET)
def test_every_image(target: Target) -> None:
    """Every target has an image, with the C library of its tags, its own loader, and nothing of a desktop."""
    found = image(target)
    assert found.newest.keys() == {"GLIBC", "GLIBCXX", "CXXABI"}
    assert found.newest["GLIBC"] == target.operating_system.glibc
    assert {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libz.so.1"} <= found.libraries
    loaders = {library for library in found.libraries if library.startswith("ld-linux")}
    assert loaders == {{"x86_64": "ld-linux-x86-64.so.2", "aarch64": "ld-linux-aarch64.so.1"}[target.machine]}
    assert not {library for library in found.libraries if library.startswith(("libGL", "libX", "libglib", "libgomp"))}


@pytest.mark.parametrize(
    ("runtime", "version", "lacks"),
    [
        pytest.param("python3.11", "GLIBC_2.26", False, id="the newest"),
        pytest.param("python3.11", "GLIBC_2.27", True, id="a newer one"),
        pytest.param("python3.13", "GLIBC_2.27", False, id="in a newer image"),
        pytest.param("python3.11", "GLIBC_2.26.1", True, id="a patch"),
        pytest.param("python3.11", "GLIBCXX_3.4.25", True, id="C++"),
        pytest.param("python3.13", "CXXABI_1.3.15", False, id="its ABI"),
        pytest.param("python3.13", "CXXABI_TM_1", False, id="a kind that is not known"),
        pytest.param("python3.13", "GLIBC_PRIVATE", False, id="private"),
        pytest.param("python3.13", "GLIBC_ABI_DT_RELR", True, id="a promise of newer ones"),
    ],
)
def test_versions(runtime: str, version: str, lacks: bool) -> None:
    """Versions are compared number by number within their kind; of kinds that are not known all are there."""
    for architecture in ARCHITECTURES:
        assert image(Target(runtime, architecture)).lacks_version(version, *split_version(version)) is lacks


@pytest.mark.parametrize(
    ("architecture", "library", "has"),
    [
        pytest.param("x86_64", "libc.so.6", True, id="name"),
        pytest.param("x86_64", "libGL.so.1", False, id="name of another"),
        pytest.param("x86_64", "/lib64/libc.so.6", True, id="path"),
        pytest.param("x86_64", "/usr/lib64//libc.so.6", True, id="crooked path"),
        pytest.param("x86_64", "/lib64/libGL.so.1", False, id="path of another"),
        pytest.param("x86_64", "/lib/libc.so.6", False, id="another folder"),
        pytest.param("x86_64", "/libc.so.6", False, id="the root"),
        pytest.param("x86_64", "lib64/libc.so.6", False, id="relative path"),
        pytest.param("x86_64", "/lib64/ld-linux-x86-64.so.2", True, id="loader"),
        pytest.param("x86_64", "/lib/ld-linux-x86-64.so.2", False, id="loader elsewhere"),
        pytest.param("arm64", "/lib/ld-linux-aarch64.so.1", True, id="loader on arm64"),
        pytest.param("arm64", "/lib64/ld-linux-aarch64.so.1", True, id="loader on arm64, as a library"),
        pytest.param("x86_64", "/lib/ld-linux-aarch64.so.1", False, id="the other loader"),
    ],
)
def test_paths(architecture: str, library: str, has: bool) -> None:
    """A library is known by its name; a path is known in the folders of the image's libraries, and in no other."""
    for runtime in RUNTIMES:
        assert image(Target(runtime, architecture)).has(library) is has


RUNNING = f"python{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = next((name for name, one in ARCHITECTURES.items() if one.machine == platform.machine()), None)


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc"
    or RUNNING not in RUNTIMES
    or ARCHITECTURE is None
    or sys.implementation.name != "cpython"
    or bool(sysconfig.get_config_var("ABIFLAGS")),
    reason="this Python is none that Lambda could have",
)
def test_extension_suffixes() -> None:
    """The names that a target's Python sees are those that the same Python sees here."""
    assert ARCHITECTURE is not None
    assert [*Target(RUNNING, ARCHITECTURE).extension_suffixes] == importlib.machinery.EXTENSION_SUFFIXES


@pytest.mark.parametrize("target", EVERY_TARGET)
def test_own_suffix(target: Target) -> None:
    """The first of them has the Python and the machine of the target, the others neither."""
    first, *others = target.extension_suffixes
    assert first == f".cpython-{target.interpreter.removeprefix('cp')}-{target.machine}-linux-gnu.so"
    assert others == [".abi3.so", ".so"]
