"""Libraries are found where the loader finds them. (Starts Python, for the loader of this machine.)"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.audit import Placed
from lambda_wheels.audit.loader import Loader
from lambda_wheels.targets import Target
from lambda_wheels.wheels.native import Elf, Format, Native
from tests.audit.places import ARM, INTEL, Files, content_of, places

M, N = "python/demo/m.so", "python/demo/n.so"
"""Extension modules."""
LIBS = "python/demo.libs"
A, B, C = f"{LIBS}/liba.so", f"{LIBS}/libb.so", f"{LIBS}/libc.so"
THERE = "$ORIGIN/../demo.libs"


def needs(*libraries: str, **others: Any) -> dict[str, Any]:
    """A file that needs these."""
    return {"needed": libraries, **others}


def missing(files: Files, target: Target = INTEL) -> list[tuple[str, str]]:
    """Which file does not find which library."""
    return [(one.place.path, one.library) for one in Loader(places(files), target).load().missing]


def from_image(files: Files) -> list[tuple[str, str]]:
    """Which file takes which library from the image."""
    return [(place.path, library) for place, library in Loader(places(files), INTEL).load().from_image]


CASES = [
    pytest.param({M: needs("liba.so", rpath=THERE), A: needs()}, [], id="rpath"),
    pytest.param({M: needs("liba.so", rpath="${ORIGIN}/../demo.libs"), A: needs()}, [], id="rpath in braces"),
    pytest.param({M: needs("liba.so", runpath=THERE), A: needs()}, [], id="runpath"),
    pytest.param({M: needs("liba.so", rpath="/opt/python/demo.libs"), A: needs()}, [], id="absolute rpath"),
    pytest.param(
        {M: needs("liba.so", rpath="/opt/python/..//python/./demo.libs/"), A: needs()}, [], id="crooked rpath"
    ),
    pytest.param({M: needs("liba.so", rpath=f"/a:b:$ORIGIN:{THERE}"), A: needs()}, [], id="the fourth folder"),
    pytest.param({M: needs("liba.so", rpath="demo.libs"), A: needs()}, [(M, "liba.so")], id="relative rpath"),
    pytest.param({M: needs("liba.so"), A: needs()}, [(M, "liba.so")], id="no rpath"),
    pytest.param({M: needs("liba.so"), "lib/liba.so": needs()}, [], id="lib of the layer"),
    pytest.param({M: needs("liba.so", rpath="/x"), "lib/liba.so": needs()}, [], id="lib of the layer after rpath"),
    pytest.param({M: needs("liba.so", runpath="/x"), "lib/liba.so": needs()}, [], id="lib of the layer and runpath"),
    pytest.param({M: needs("liba.so"), "lib/sub/liba.so": needs()}, [(M, "liba.so")], id="below lib of the layer"),
    pytest.param({M: needs("gone.so", "none.so")}, [(M, "gone.so"), (M, "none.so")], id="nowhere"),
    # Who looks where
    pytest.param({M: needs("liba.so", rpath=THERE), A: needs("libb.so"), B: needs()}, [], id="rpath is handed down"),
    pytest.param(
        {M: needs("liba.so", rpath=THERE), A: needs("libb.so"), B: needs("libc.so"), C: needs()}, [], id="to the last"
    ),
    pytest.param(
        {M: needs("liba.so", runpath=THERE), A: needs("libb.so"), B: needs()},
        [(A, "libb.so")],
        id="runpath is not handed down",
    ),
    pytest.param(
        {M: needs("liba.so", rpath=THERE, runpath="/x"), A: needs()}, [(M, "liba.so")], id="runpath makes rpath void"
    ),
    pytest.param(
        {M: needs("liba.so", rpath=THERE), A: needs("libb.so", runpath="/x"), B: needs()},
        [(A, "libb.so")],
        id="and one that was handed down",
    ),
    pytest.param(
        {
            M: needs("liba.so", rpath=f"{THERE}:$ORIGIN/deep"),
            A: needs("libb.so", runpath="$ORIGIN"),
            B: needs("libdeep.so"),
            "python/demo/deep/libdeep.so": needs(),
        },
        [],
        id="but not for what it has loaded",
    ),
    pytest.param(
        {
            M: needs("liba.so", runpath=THERE),
            A: needs("libb.so", runpath="$ORIGIN", rpath="$ORIGIN/deep"),
            B: needs("libdeep.so"),
            f"{LIBS}/deep/libdeep.so": needs(),
        },
        [(B, "libdeep.so")],
        id="a void rpath is not handed down",
    ),
    pytest.param(
        {M: needs("liba.so", rpath=THERE), N: needs("libb.so"), A: needs("libb.so"), B: needs()},
        [(N, "libb.so")],
        id="each module by itself",
    ),
    pytest.param(
        {
            M: needs("liba.so", rpath=THERE),
            A: needs("libb.so", rpath="$ORIGIN/first:$ORIGIN/second"),
            B: needs(),
            f"{LIBS}/first/libb.so": needs("libdeep.so"),
            f"{LIBS}/second/libdeep.so": needs(),
        },
        [],
        id="the file's own before those that were handed down",
    ),
    # What is loaded already
    pytest.param(
        {M: needs("libb.so", "liba.so", runpath=THERE), A: needs("libb.so"), B: needs()}, [], id="loaded before"
    ),
    pytest.param(
        {M: needs("liba.so", "libb.so", runpath=THERE), A: needs("libb.so"), B: needs()}, [], id="breadth first"
    ),
    pytest.param(
        {
            M: needs("liba.so", "libb.so", runpath=THERE),
            A: needs("libdeep.so"),
            B: needs("libdeep.so", runpath="$ORIGIN/deep"),
            f"{LIBS}/deep/libdeep.so": needs(),
        },
        [(A, "libdeep.so")],
        id="loaded too late",
    ),
    pytest.param(
        {
            M: needs("libb.so", "liba.so", runpath=THERE),
            A: needs("libdeep.so"),
            B: needs("libdeep.so", runpath="$ORIGIN/deep"),
            f"{LIBS}/deep/libdeep.so": needs(),
        },
        [],
        id="loaded in time",
    ),
    pytest.param(
        {M: needs("liba.so", "libb.so", runpath=THERE), A: needs("libname.so.1"), B: needs(soname="libname.so.1")},
        [],
        id="by its soname",
    ),
    pytest.param(
        {M: needs("libb.so", "libname.so.1", runpath=THERE), B: needs(soname="libname.so.1")},
        [],
        id="by its soname at once",
    ),
    pytest.param(
        {M: needs("libname.so.1", runpath=THERE), B: needs(soname="libname.so.1")},
        [(M, "libname.so.1")],
        id="a soname is no file name",
    ),
    pytest.param({M: needs("m-by-name.so", soname="m-by-name.so")}, [], id="itself"),
    pytest.param(
        {
            M: needs("liba.so", rpath=THERE),
            A: needs("libb.so", rpath="$ORIGIN"),
            B: needs("liba.so", "libc.so", rpath="$ORIGIN"),
            C: needs("libb.so"),
        },
        [],
        id="a circle",
    ),
    # Paths
    pytest.param({M: needs("/opt/python/demo.libs/liba.so"), A: needs()}, [], id="a path"),
    pytest.param({M: needs("/opt/python/x/liba.so"), A: needs()}, [(M, "/opt/python/x/liba.so")], id="another path"),
    pytest.param({M: needs(f"{THERE}/liba.so"), A: needs()}, [], id="a path from where it is"),
    pytest.param({M: needs("demo.libs/liba.so"), A: needs()}, [(M, "demo.libs/liba.so")], id="a relative path"),
    # What does not count
    pytest.param(
        {
            M: needs("liba.so", rpath=f"$ORIGIN/other:{THERE}"),
            "python/demo/other/liba.so": needs(machine="s390x"),
            A: needs(),
        },
        [],
        id="for another machine",
    ),
    pytest.param(
        {M: needs("liba.so", rpath=THERE), A: needs(machine="riscv")}, [(M, "liba.so")], id="only for another machine"
    ),
]
"""Layers, and what is not found in them."""


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_what_is_found(files: Files, expected: list[tuple[str, str]]) -> None:
    """A library is found in the folders, and in the order, in which the loader looks; or it is there already."""
    assert missing(files) == expected


_MACHINE = platform.machine()
_LOAD = """
import ctypes, sys
try:
    ctypes.CDLL(sys.argv[1])
except OSError as error:
    print(str(error).partition(": cannot open shared object file")[0])
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or _MACHINE not in {"x86_64", "aarch64"}, reason="Lambda's loader is glibc's"
)
@pytest.mark.process
@pytest.mark.parametrize(("files", "expected"), CASES)
def test_this_machine_agrees(
    files: Mapping[str, Mapping[str, Any]], expected: list[tuple[str, str]], tmp_path: Path, uncovered: None
) -> None:
    """The loader of this machine finds the same: of what each module needs, the first that is missing ends it."""
    for path, file in files.items():
        texts = {kind: file[kind].replace("/opt/", f"{tmp_path}/") for kind in ("rpath", "runpath") if kind in file}
        needed = [library.replace("/opt/", f"{tmp_path}/") for library in file["needed"]]
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content_of({"machine": _MACHINE, **file, **texts, "needed": needed}))
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path / "lib")}
    answers = {}
    for module in (M, N):
        if module in files:
            answer = subprocess.run(
                [sys.executable, "-I", "-S", "-c", _LOAD, tmp_path / module],
                capture_output=True,
                text=True,
                check=True,
                env=environment,
                cwd=tmp_path,
            )
            answers[module] = answer.stdout.strip().replace(f"{tmp_path}/", "/opt/")
    first = dict(reversed(expected))
    # What a library does not find is said of the module that has it loaded.
    of_libraries = next((library for path, library in first.items() if path not in {M, N}), "")
    assert answers == {module: first.get(module, of_libraries) for module in answers}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({M: needs("libz.so.1")}, [(M, "libz.so.1")], id="the image's"),
        pytest.param({M: needs("libz.so.1", rpath=THERE), f"{LIBS}/libz.so.1": needs()}, [], id="rpath first"),
        pytest.param(
            {M: needs("libz.so.1", runpath=THERE), f"{LIBS}/libz.so.1": needs()}, [(M, "libz.so.1")], id="runpath last"
        ),
        pytest.param(
            {M: needs("libz.so.1"), "lib/libz.so.1": needs()}, [(M, "libz.so.1")], id="lib of the layer is last too"
        ),
        pytest.param(
            {
                M: needs("liba.so", "libz.so.1", runpath=THERE),
                A: needs("libz.so.1", rpath="$ORIGIN"),
                f"{LIBS}/libz.so.1": needs(),
            },
            [(M, "libz.so.1"), (A, "libz.so.1")],
            id="what the image gave stays",
        ),
        pytest.param(
            {
                M: needs("liba.so", "libb.so", runpath=THERE),
                A: needs("libz.so.1", rpath="$ORIGIN"),
                B: needs("libz.so.1"),
                f"{LIBS}/libz.so.1": needs(),
            },
            [],
            id="what the layer gave stays",
        ),
        pytest.param(
            {M: needs("libfoo.so", rpath="$ORIGIN/$LIB"), "python/demo/lib64/libfoo.so": needs()}, [], id="LIB"
        ),
    ],
)
def test_image(files: Files, expected: list[tuple[str, str]]) -> None:
    """The image's libraries come after ``DT_RPATH`` and before all else; whichever was first is taken by all."""
    assert from_image(files) == expected
    assert missing(files) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({A: needs("libb.so"), B: needs("liba.so", "gone.so")}, [], id="two that need each other"),
        pytest.param(
            {A: needs("libb.so", rpath="$ORIGIN"), B: needs("liba.so", "gone.so", rpath="$ORIGIN")},
            [(B, "gone.so")],
            id="and find each other",
        ),
        pytest.param(
            {A: needs("libb.so"), M: needs("liba.so"), B: needs("gone.so")},
            [(M, "liba.so"), (A, "libb.so"), (B, "gone.so")],
            id="each that was not found",
        ),
        pytest.param(
            {A: needs("libb.so"), B: needs("liba.so", rpath="$ORIGIN"), M: needs("libb.so")},
            [(M, "libb.so")],
            id="one that only another finds",
        ),
        pytest.param(
            {
                M: needs("libc.so"),
                A: needs("libb.so", rpath="$ORIGIN"),
                B: needs("gone.so"),
                C: needs("libb.so", "liba.so", rpath="$ORIGIN/first:$ORIGIN"),
                f"{LIBS}/first/libb.so": needs(),
            },
            [(M, "libc.so"), (B, "gone.so")],
            id="one that others find only by themselves",
        ),
    ],
)
def test_what_nobody_loads(files: Files, expected: list[tuple[str, str]]) -> None:
    """What no other file of the layer has loaded is loaded by itself, what others have loaded only as they do."""
    found = missing(files)
    if expected:
        assert found == expected
    else:
        assert set(found) == {(A, "libb.so"), (B, "liba.so"), (B, "gone.so")}


def test_elsewhere() -> None:
    """A library that was not found is known by its file name and by its soname, and only if it would do."""
    loader = Loader(
        places({A: needs(soname="libname.so.1"), B: needs(machine="aarch64"), f"{LIBS}/libcut.so": b"\x7fELF"}), INTEL
    )
    found = {name: loader.elsewhere(name) for name in ("liba.so", "libname.so.1", "libb.so", "libcut.so", "gone.so")}
    assert {name: place and place.path for name, place in found.items()} == {
        "liba.so": A,
        "libname.so.1": A,
        "libb.so": None,
        "libcut.so": None,
        "gone.so": None,
    }


def test_other_architecture() -> None:
    """Each architecture has its own loader, which takes only its own libraries."""
    files = {M: needs("ld-linux-aarch64.so.1", "liba.so", machine="aarch64", rpath=THERE), A: needs(machine="aarch64")}
    assert missing(files, ARM) == []
    assert missing(files, INTEL) == []  # there is nothing that it would take
    assert missing({M: needs("ld-linux-aarch64.so.1", "libmvec.so.1")}, INTEL) == [(M, "ld-linux-aarch64.so.1")]
    assert missing({M: needs("libmvec.so.1", machine="aarch64")}, ARM) == [(M, "libmvec.so.1")]


# --- Bounds ----------------------------------------------------------------------------------------------------------

_LIMIT = 30.0
"""Seconds on a busy machine; each of these takes one or two."""
_NAMES = [f"lib{place:04}.so" for place in range(3000)]


def _place(path: str, needed: Iterable[str], *, rpath: Iterable[str] = (), runpath: Iterable[str] = ()) -> Placed:
    elf = Elf("x86_64", 64, True, needed=tuple(needed), rpath=tuple(rpath), runpath=tuple(runpath))
    return Placed(path, Native(path, Format.ELF, elf), "demo", "demo.whl")


def _some(first: int, count: int, among: int) -> list[str]:
    return [_NAMES[(7 * first + place) % among] for place in range(count)]


def _modules(count: int, needed: int, among: int) -> list[Placed]:
    """Modules of which each needs ``needed`` libraries."""
    return [_place(f"python/demo/m{one}.so", _some(one, needed, among), rpath=[THERE]) for one in range(count)]


def _libraries(count: int, needed: int) -> list[Placed]:
    """Libraries of which each needs ``needed`` of the others."""
    return [_place(f"{LIBS}/{name}", _some(one, needed, count)) for one, name in enumerate(_NAMES[:count])]


@pytest.mark.parametrize(
    ("layer", "followed"),
    [
        pytest.param(lambda: [*_modules(1, 1, 1), *_libraries(3000, 100)], True, id="each needs a hundred others"),
        pytest.param(
            lambda: [*_modules(3000, 100, 3000), *_libraries(3000, 0)], True, id="modules of a hundred libraries"
        ),
        pytest.param(
            lambda: [*_modules(200, 40, 300), *_libraries(300, 40)], True, id="twice the largest of real layers"
        ),
        pytest.param(lambda: [*_modules(1500, 100, 1500), *_libraries(1500, 100)], False, id="all of both"),
        pytest.param(
            lambda: [_place(f"python/{one}.so", [f"gone{one}-{two}.so" for two in range(100)]) for one in range(3000)],
            False,
            id="nothing is there",
        ),
        pytest.param(
            lambda: [
                _place(f"python/{one}/{name}", _NAMES[one + 1 : one + 2], rpath=[f"$ORIGIN/../{one + 1}"])
                for one, name in enumerate(_NAMES)
            ],
            True,
            id="a long chain",
        ),
        pytest.param(
            lambda: [
                _place(
                    f"python/{one}/{name}", _NAMES[one + 1 : one + 2], rpath=[f"$ORIGIN/../{two}" for two in range(900)]
                )
                for one, name in enumerate(_NAMES)
            ],
            False,
            id="thousands of folders",
        ),
        pytest.param(
            lambda: [
                _place(f"python/{one}/{name}", _NAMES[:100], runpath=[f"$ORIGIN/../{two}" for two in range(900)])
                for one, name in enumerate(_NAMES)
            ],
            False,
            id="thousands of folders each",
        ),
        pytest.param(
            lambda: [
                _place(f"python/{'d' * 250}/{'e' * 250}/{name}", ["x.so"], rpath=["$ORIGIN" * 580] * 15)
                for name in _NAMES
            ],
            True,
            id="folders that grow",
        ),
    ],
)
def test_bounds(layer: Callable[[], list[Placed]], followed: bool) -> None:
    """A layer of thousands of libraries is looked through in seconds; what is too much is left, and said to be."""
    places = layer()  # made here, since all of them take half a gigabyte
    start = time.perf_counter()
    loaded = Loader(places, INTEL).load()
    assert time.perf_counter() - start < _LIMIT
    assert len(loaded.missing) <= 200_000
    assert (loaded.unfollowed == []) is followed
