"""Several runtimes in one layer: where each wheel is, and what the manifest and RECORD say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from lambda_wheels.errors import LayerError
from lambda_wheels.layers import Contents, View, homes, lay_out
from lambda_wheels.layers.manifest import parse_manifest
from lambda_wheels.layers.record import layer_path, recorded_path
from lambda_wheels.store import StoredWheel
from lambda_wheels.targets import Target
from lambda_wheels.wheels.native import Elf, Format, Native
from tests.layers.hand_made import by_path, bytes_at, hand_made

OLD, NEW = Target("python3.12", "x86_64"), Target("python3.13", "x86_64")
HERE = {"python3.12": "python/lib/python3.12/site-packages/", "python3.13": "python/lib/python3.13/site-packages/"}
APART = list(HERE.values())
TOGETHER = ["python/"]
TAGS = {OLD: "cp312-cp312-linux_x86_64", NEW: "cp313-cp313-linux_x86_64"}

Files = Sequence[str]


def views(folder: Path, shared: Mapping[str, Files], own: Mapping[str, Files]) -> list[View]:
    """Two runtimes that have the same wheels of ``shared``, and each another one of ``own``, with these files."""
    same = [hand_made(folder, name, files=dict.fromkeys(files, b"")) for name, files in shared.items()]
    return [View(target, [*same, *_own(folder, own, tag)]) for target, tag in TAGS.items()]


def _own(folder: Path, own: Mapping[str, Files], tag: str) -> Iterator[StoredWheel]:
    """Wheels with ``tag``, whose files are other ones than with another tag, but for scripts."""
    for name, files in own.items():
        contents = {path: b"" if "/scripts/" in path else tag.encode() for path in files}
        yield hand_made(folder, name, files=contents, tag=tag)


def folders(several: Sequence[View]) -> dict[str, list[str]]:
    """The folders in which each project is."""
    found: dict[str, list[str]] = {}
    for home in homes(several):
        found.setdefault(home.stored.wheel.name, []).append(home.folder)
    return found


@pytest.mark.parametrize(
    ("shared", "own", "wanted"),
    [
        pytest.param({"a": ["a/__init__.py"]}, {}, {"a": TOGETHER}, id="nothing differs"),
        pytest.param({"a": ["a/__init__.py"]}, {"b": ["b/__init__.py"]}, {"a": TOGETHER, "b": APART}, id="one differs"),
        pytest.param(
            {"a": ["ns/a.py"]}, {"b": ["ns/b.py"]}, {"a": TOGETHER, "b": APART}, id="a namespace has many folders"
        ),
        pytest.param(
            {"a": ["ns/__init__.py", "ns/a.py"]}, {"b": ["ns/b.py"]}, {"a": APART, "b": APART}, id="a package has one"
        ),
        pytest.param(
            {"a": ["ns/deep/a.py"]}, {"b": ["ns/__init__.py"]}, {"a": APART, "b": APART}, id="whose package it is"
        ),
        pytest.param(
            {"a": ["p/__init__.py"], "c": ["p/c.py", "q/__init__.py"], "d": ["q/d.py"], "e": ["e.py"]},
            {"b": ["p/b.py"]},
            {"a": APART, "b": APART, "c": APART, "d": APART, "e": TOGETHER},
            id="one draws the next",
        ),
        pytest.param(
            {"a": ["m.py"]}, {"b": ["m.cpython-312-x86_64-linux-gnu.so"]}, {"a": APART, "b": APART}, id="one module"
        ),
        pytest.param({"a": ["m.py"]}, {"b": ["m/b.py"]}, {"a": APART, "b": APART}, id="a module and a folder"),
        pytest.param(
            {"a": ["a.py", "a-1.0.data/scripts/tool"]},
            {"b": ["b.py", "b-1.0.data/scripts/tool"]},
            {"a": APART, "b": APART},
            id="one script",
        ),
        pytest.param(
            {"a": ["a-1.0.data/purelib/p/__init__.py"]},
            {"b": ["p/b.py"]},
            {"a": APART, "b": APART},
            id="by way of .data",
        ),
    ],
)
def test_homes(
    shared: Mapping[str, Files], own: Mapping[str, Files], wanted: Mapping[str, list[str]], tmp_path: Path
) -> None:
    """What is the same for all is in ``python/``, unless it has to lie beside something that is not."""
    assert folders(views(tmp_path, shared, own)) == wanted


def test_library_beside_what_needs_it(tmp_path: Path) -> None:
    """A library that the loader finds relative to what needs it is in the same folder."""
    [view, other] = views(tmp_path, {"libs": ["libs/libx.so"], "pure": ["pure.py"]}, {"needs": ["needs/m.so"]})
    elf = Elf(machine="x86_64", bits=64, little_endian=True)
    natives = {
        "libs": Native("libs/libx.so", Format.ELF, elf._replace(soname="libx.so")),
        "needs": Native("needs/m.so", Format.ELF, elf._replace(needed=("libx.so",), rpath=("$ORIGIN/../libs",))),
    }
    several = [
        View(
            one.target,
            [
                StoredWheel(
                    stored.wheel._replace(
                        natives=tuple(natives[name] for name in natives if name == stored.wheel.name)
                    ),
                    stored.path,
                )
                for stored in one.wheels
            ],
        )
        for one in (view, other)
    ]
    assert folders(several) == {"libs": APART, "needs": APART, "pure": TOGETHER}


def test_wheel_that_not_all_have(tmp_path: Path) -> None:
    """A backport is seen by those runtimes only that need it, and the manifest says which."""
    backport, demo = hand_made(tmp_path, "backport"), hand_made(tmp_path)
    middle = Target("python3.11", "x86_64")
    contents = lay_out([View(middle, [backport, demo]), View(OLD, [backport, demo]), View(NEW, [demo])])
    assert {(home.stored.wheel.name, home.folder, home.targets) for home in contents.homes} == {
        ("backport", "python/lib/python3.11/site-packages/", (middle,)),
        ("backport", HERE["python3.12"], (OLD,)),
        ("demo", "python/", (middle, OLD, NEW)),
    }
    assert [(wheel.name, wheel.runtimes) for wheel in contents.manifest.wheels] == [
        ("backport", ("python3.11", "python3.12")),
        ("demo", ()),
    ]
    assert parse_manifest(contents.manifest.as_bytes()) == contents.manifest
    assert [wheel.name for wheel in contents.manifest.wheels_for(NEW)] == ["demo"]


def laid_out(folder: Path, own: Mapping[str, Files], *, scripts: bool = False) -> Contents:
    """A layer for both, of a shared project and ``own``."""
    return lay_out(views(folder, {"a": ["a/__init__.py"]}, own), scripts=scripts)


def test_record(tmp_path: Path) -> None:
    """RECORD is relative to the folder that it is in, and leads back to the files of the layer."""
    contents = laid_out(tmp_path, {"b": ["b.py", "b-1.0.data/scripts/tool"]}, scripts=True)
    for folder in APART:
        record = bytes_at(contents, f"{folder}b-1.0.dist-info/RECORD").decode()
        names = [row.partition(",")[0] for row in record.splitlines()]
        assert names[:2] == ["../../../../bin/tool", "b-1.0.dist-info/INSTALLER"]
        assert {layer_path(name, folder) for name in names} == {
            path for path in by_path(contents) if path.startswith((folder, "bin/"))
        }


@pytest.mark.parametrize("folder", [*TOGETHER, *APART])
@pytest.mark.parametrize("inside", ["x/y.py", "bin/x"])
def test_recorded_paths(folder: str, inside: str) -> None:
    """What RECORD says of a path leads back to it."""
    path = inside if inside.startswith("bin/") else folder + inside
    assert layer_path(recorded_path(path, folder), folder) == path


def test_sizes_count_once(tmp_path: Path) -> None:
    """A shared wheel is in the layer once; the order in which the runtimes were named makes no difference."""
    several = views(tmp_path, {"a": ["a/__init__.py"]}, {"b": ["b.py"]})
    contents = lay_out(several)
    assert [wheel.filename for wheel in contents.wheels] == [
        "a-1.0-py3-none-any.whl",
        "b-1.0-cp312-cp312-linux_x86_64.whl",
        "b-1.0-cp313-cp313-linux_x86_64.whl",
    ]
    assert contents.unzipped_size == sum(entry.size for entry in contents.entries)
    assert len({entry.path for entry in contents.entries}) == len(contents.entries)
    assert lay_out(several[::-1]).entries == contents.entries


def test_scripts_for_one_python(tmp_path: Path) -> None:
    """A script that names the Python that runs it cannot serve several."""
    demo = hand_made(tmp_path, entry_points="[console_scripts]\ndemo = demo:main\n")
    with pytest.raises(LayerError) as raised:
        lay_out([View(OLD, [demo]), View(NEW, [demo])], scripts=True)
    assert [(problem.rule, problem.project) for problem in raised.value.problems] == [("several-runtimes", "demo")]
    assert lay_out([View(OLD, [demo])], scripts=True).bound_to_runtime


def test_programs_that_differ(tmp_path: Path) -> None:
    """``bin/`` is one for all: a program that is another one for each runtime is a conflict."""
    [old, new] = (
        hand_made(tmp_path, files={"demo-1.0.data/scripts/tool": tag.encode()}, tag=tag) for tag in TAGS.values()
    )
    with pytest.raises(LayerError) as raised:
        lay_out([View(OLD, [old]), View(NEW, [new])], scripts=True)
    assert [(problem.rule, problem.member) for problem in raised.value.problems] == [("path-conflict", "bin/tool")]


def test_conflict_in_one_view(tmp_path: Path) -> None:
    """Two wheels that dispute a path are found where only one runtime has both."""
    one, two = (hand_made(tmp_path, name, files={"x.py": name.encode()}) for name in ("one", "two"))
    with pytest.raises(LayerError) as raised:
        lay_out([View(OLD, [one, two]), View(NEW, [one])])
    assert [(problem.rule, problem.member) for problem in raised.value.problems] == [
        ("path-conflict", f"{HERE['python3.12']}x.py")
    ]
