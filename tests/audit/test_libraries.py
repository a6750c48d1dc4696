"""What the files of a layer need from each other and from the image. (Pure.)"""

from __future__ import annotations

from typing import Any

import pytest

from lambda_wheels.audit import audit_natives
from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target
from tests import elf_factory as factory
from tests.audit.places import ARM, INTEL, OLD, Files, places

M = "python/demo/m.so"
LIBS = "python/demo.libs"
THERE = "$ORIGIN/../demo.libs"


def audited(files: Files, target: Target = INTEL, project: str | None = "demo") -> list[Problem]:
    """What is said of one wheel of these files."""
    return audit_natives(places(files, project), target)


def asks(*versions: str, library: str = "libc.so.6", **others: Any) -> dict[str, Any]:
    """A file that needs these versions of a library."""
    return {"needed": [library], "versions": {library: versions}, **others}


def test_extension_modules_of_others() -> None:
    """What an extension module needs that Python does not look at is nothing to the target; another's is judged."""
    own, other = (f"python/demo/m.cpython-3{minor}-x86_64-linux-gnu.so" for minor in (13, 12))
    new = asks("GLIBC_2.99") | {"needed": ["libGL.so.1", "libc.so.6"]}
    assert audited({own: {}, other: new}) == []
    assert [problem.rule for problem in audited({own: new, other: {}})] == ["missing-library", "missing-symbol-version"]
    library = {"needed": ["libGL.so.1"]}
    [problem] = audited({own: {}, other: {"needed": ["libx.so"], "rpath": THERE}, f"{LIBS}/libx.so": library})
    assert (problem.rule, problem.member) == ("missing-library", "demo.libs/libx.so")


# --- Libraries -------------------------------------------------------------------------------------------------------


def test_missing() -> None:
    """A library that is nowhere is an error with the file, the library, the image, and what would help."""
    [problem] = audited({M: {"needed": ["libGL.so.1", "libc.so.6"]}})
    assert str(problem) == (
        "error[missing-library] demo-1.0-cp313-cp313-manylinux_2_28_x86_64.whl: demo/m.so: it needs libGL.so.1, which "
        "neither the layer has nor python3.13 (Amazon Linux 2023); bring it along with --lib PATH/libGL.so.1, or allow "
        "missing-library:demo if only a module that you do not use needs it"
    )


def test_missing_of_nobody() -> None:
    """Of a file that no project brings it is not said what to allow."""
    [problem] = audited({M: {"needed": ["libGL.so.1"]}}, project=None)
    assert problem.hint == "bring it along with --lib PATH/libGL.so.1"
    assert (problem.project, problem.wheel, problem.member) == (None, None, "demo/m.so")


@pytest.mark.parametrize(
    ("library", "kind"),
    [
        pytest.param("/lib64/libGL.so.1", "an absolute path", id="absolute"),
        pytest.param("build/libx.so", "a relative path", id="relative"),
        pytest.param("$ORIGIN/libx.so", "a path", id="beside it"),
    ],
)
def test_missing_by_path(library: str, kind: str) -> None:
    """Of a library that is named by a path is not said to bring it along, since it would not be found."""
    [problem] = audited({M: {"needed": [library]}})
    assert problem.rule == "missing-library"
    assert problem.message == (
        f"it needs {library}, {kind} that neither the layer has nor python3.13 (Amazon Linux 2023)"
    )
    assert problem.hint is not None
    assert "--lib" not in problem.hint


@pytest.mark.parametrize(
    ("interpreter", "target", "there"),
    [
        pytest.param("/lib64/ld-linux-x86-64.so.2", INTEL, True, id="x86_64"),
        pytest.param("/lib64/ld-linux-x86-64.so.2", OLD, True, id="Amazon Linux 2"),
        pytest.param("/lib/ld-linux-aarch64.so.1", ARM, True, id="arm64"),
        pytest.param("/lib/ld-musl-x86_64.so.1", INTEL, False, id="musl"),
        pytest.param("/nix/store/x-glibc/lib/ld-linux-x86-64.so.2", INTEL, False, id="Nix"),
        pytest.param("/opt/lib/ld.so", INTEL, True, id="the layer's own"),
        pytest.param("/opt/lib/gone.so", INTEL, False, id="not in the layer"),
    ],
)
@pytest.mark.parametrize("dynamic", [True, False])
def test_loaders_of_programs(interpreter: str, target: Target, there: bool, dynamic: bool) -> None:
    """A program is a warning if the loader that it is started with is not there, as if it lacked a library."""
    machine = target.machine
    program = {"interpreter": interpreter, "machine": machine, "dynamic": dynamic, "kind": factory.EXECUTABLE}
    own = {"lib/ld.so": {"needed": (), "machine": machine}}
    problems = audited({"python/demo/run": program, **own}, target)
    assert [(str(problem.severity), problem.rule, problem.member) for problem in problems] == (
        [] if there else [("warning", "missing-library", "demo/run")]
    )
    assert there or problems[0].message.startswith(f"it needs {interpreter}, an absolute path that neither the layer")


def test_by_path_in_the_image() -> None:
    """A library that is named by the path that it has in the image is the image's, in its versions."""
    assert audited({M: asks("GLIBC_2.34", library="/lib64/libc.so.6")}) == []
    for library in ("libc.so.6", "/lib64/libc.so.6"):
        [problem] = audited({M: asks("GLIBC_2.35", library=library) | {"needed": ["/lib64/libc.so.6"]}})
        assert problem.rule == "missing-symbol-version"


@pytest.mark.parametrize("name", ["opencv-python", "opencv-contrib-python"])
def test_missing_with_an_alternative(name: str) -> None:
    """Where the same project is there without a desktop's libraries, it is named."""
    [problem] = audited({M: {"needed": ["libGL.so.1"]}}, project=name)
    assert problem.hint == f"take {name}-headless, which does without"


def test_missing_for_a_program() -> None:
    """A program that lacks a library is a warning: no import starts it."""
    [problem] = audited({"python/demo/run": {"needed": ["libGL.so.1"]}})
    assert (problem.rule, str(problem.severity)) == ("missing-library", "warning")


def test_missing_for_several_files() -> None:
    """One library that many files of a wheel lack is one finding; each library is its own, and so is each wheel."""
    files: Files = {
        "python/a.so": {"needed": ["liba.so", "libb.so"]},
        "python/b.so": {"needed": ["libb.so"]},
        "python/c.so": {"needed": ["libb.so", "libb.so"]},
    }
    layer = [*places(files, "first"), *places({"python/d.so": {"needed": ["libb.so"]}}, "second")]
    rows = [(one.project, one.member, one.message.partition(", which")[0]) for one in audit_natives(layer, INTEL)]
    assert rows == [
        ("first", "a.so", "it needs liba.so"),
        ("first", "a.so", "it needs libb.so"),
        ("second", "d.so", "it needs libb.so"),
    ]
    assert audit_natives(layer, INTEL)[1].message.endswith("(and 2 other files)")


def test_missing_by_way_of_another() -> None:
    """What a library lacks that others need is said once, of the library, however many have it loaded."""
    files: Files = {
        "python/a.so": {"needed": ["libx.so"], "rpath": "$ORIGIN/libs"},
        "python/b.so": {"needed": ["libx.so"], "rpath": "$ORIGIN/libs"},
        "python/libs/libx.so": {"needed": ["libgone.so"]},
    }
    [problem] = audited(files)
    assert (problem.rule, problem.member) == ("missing-library", "libs/libx.so")
    assert "other file" not in problem.message


def test_elsewhere() -> None:
    """A library that is in the layer where the loader does not look is a warning that says where."""
    [problem] = audited({M: {"needed": ["liba.so"]}, f"{LIBS}/liba.so": {}})
    assert (problem.rule, str(problem.severity), problem.member) == ("library-elsewhere", "warning", "demo/m.so")
    assert problem.message == f"it needs liba.so, which is at {LIBS}/liba.so, where the loader does not look"


@pytest.mark.parametrize(
    ("file", "rules"),
    [
        pytest.param({"machine": "aarch64"}, ["wrong-machine", "missing-library"], id="for another machine"),
        pytest.param(factory.TEXT, ["native-damaged", "missing-library"], id="text"),
        pytest.param(factory.elf()[:-1], ["native-damaged", "missing-library"], id="cut off"),
    ],
)
def test_a_library_that_does_not_do(file: Any, rules: list[str]) -> None:
    """A library that the loader would not take is not there for those that need it."""
    files = {M: {"needed": ["liba.so"], "rpath": THERE}, f"{LIBS}/liba.so": file}
    assert [problem.rule for problem in audited(files)] == rules


def test_two_wheels() -> None:
    """A wheel may find a library that another brings; without that one it is missing."""
    first = places({"python/first/m.so": {"needed": ["libshared.so.1"], "rpath": "$ORIGIN/../second.libs"}}, "first")
    second = places({"python/second.libs/libshared.so.1": {}}, "second")
    assert audit_natives([*first, *second], INTEL) == []
    assert [problem.rule for problem in audit_natives(first, INTEL)] == ["missing-library"]


def test_a_wheel_for_several_systems() -> None:
    """What is missing in a wheel that brings libraries for several systems is a warning: it takes one, or none."""
    files: Files = {
        M: {"needed": ["libGL.so.1"], "versions": {"libc.so.6": ["GLIBC_2.99"]}},
        "python/x.dll": factory.PE,
    }
    assert {(problem.rule, str(problem.severity)) for problem in audited(files)} == {
        ("foreign-binary", "warning"),
        ("missing-library", "warning"),
    }


@pytest.mark.parametrize(
    ("machine", "target", "library", "there"),
    [
        pytest.param("x86_64", INTEL, "libmvec.so.1", True, id="libmvec"),
        pytest.param("aarch64", ARM, "libmvec.so.1", False, id="libmvec on arm64"),
        pytest.param("x86_64", OLD, "libnsl.so.1", True, id="libnsl on Amazon Linux 2"),
        pytest.param("x86_64", INTEL, "libnsl.so.1", False, id="libnsl on Amazon Linux 2023"),
        pytest.param("x86_64", OLD, "libffi.so.6", True, id="libffi on Amazon Linux 2"),
        pytest.param("x86_64", OLD, "libffi.so.8", False, id="its newer one there"),
        pytest.param("x86_64", INTEL, "libffi.so.8", True, id="libffi on Amazon Linux 2023"),
        *(
            pytest.param("x86_64", target, library, False, id=f"{library} on {target.runtime}")
            for target in (OLD, INTEL)
            for library in ("libatomic.so.1", "libexpat.so.1", "libGL.so.1", "libgomp.so.1", "libodbc.so.2")
        ),
    ],
)
def test_images(machine: str, target: Target, library: str, there: bool) -> None:
    """What an image has is not missing, and what only machines that build have is."""
    problems = audited({M: {"needed": [library], "machine": machine}}, target)
    assert [problem.rule for problem in problems] == ([] if there else ["missing-library"])


# --- Versions of symbols ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "target", "expected"),
    [
        pytest.param(asks("GLIBC_2.34"), INTEL, None, id="the newest"),
        pytest.param(asks("GLIBC_2.35"), INTEL, "GLIBC_2.35 of libc.so.6|GLIBC_2.34", id="a newer one"),
        pytest.param(asks("GLIBC_2.2.5"), OLD, None, id="an old one"),
        pytest.param(asks("GLIBC_2.27"), OLD, "GLIBC_2.27 of libc.so.6|GLIBC_2.26", id="Amazon Linux 2"),
        pytest.param(asks("GLIBC_2.26"), OLD, None, id="the newest of Amazon Linux 2"),
        pytest.param(asks("GLIBC_2.9"), OLD, None, id="numbers are no decimals"),
        pytest.param(asks("GLIBC_3.0"), INTEL, "GLIBC_3.0 of libc.so.6|GLIBC_2.34", id="a major version"),
        pytest.param(
            asks("GLIBC_2.29", library="libm.so.6"), OLD, "GLIBC_2.29 of libm.so.6|GLIBC_2.26", id="of another library"
        ),
        pytest.param(asks("GLIBCXX_3.4.33", "CXXABI_1.3.15", library="libstdc++.so.6"), INTEL, None, id="C++"),
        pytest.param(
            asks("GLIBCXX_3.4.34", library="libstdc++.so.6"),
            INTEL,
            "GLIBCXX_3.4.34 of libstdc++.so.6|GLIBCXX_3.4.33",
            id="a newer C++",
        ),
        pytest.param(
            asks("CXXABI_1.3.12", library="libstdc++.so.6"),
            OLD,
            "CXXABI_1.3.12 of libstdc++.so.6|CXXABI_1.3.11",
            id="a newer C++ there",
        ),
        pytest.param(asks("GLIBC_PRIVATE"), INTEL, None, id="private"),
        pytest.param(
            asks("GLIBC_ABI_DT_RELR"),
            INTEL,
            "GLIBC_ABI_DT_RELR of libc.so.6|none of that kind",
            id="packed relocations",
        ),
        pytest.param(asks("ZLIB_9.9", library="libz.so.1"), INTEL, None, id="a kind that is not known"),
        pytest.param({"weak": {"libc.so.6": ["GLIBC_2.99"]}}, INTEL, None, id="one that it can do without"),
        pytest.param(asks("GLIBC_2.99", machine="aarch64"), ARM, "GLIBC_2.99 of libc.so.6|GLIBC_2.34", id="arm64"),
    ],
)
def test_versions(file: dict[str, Any], target: Target, expected: str | None) -> None:
    """The image has the versions of symbols that are needed; the message has both."""
    problems = audited({M: file}, target)
    if expected is None:
        assert problems == []
    else:
        [problem] = problems
        wanted, _, has = expected.partition("|")
        assert (problem.rule, str(problem.severity)) == ("missing-symbol-version", "error")
        assert problem.message == f"it needs {wanted}, {target.runtime} ({target.operating_system.name}) has {has}"


def test_versions_of_the_layers_own_library() -> None:
    """A library of the layer is taken to be the one that was meant; where the image's is found first it has to do."""
    file = asks("GLIBCXX_3.4.99", library="libstdc++.so.6") | {"needed": ["libc.so.6", "libstdc++.so.6"]}
    own: dict[str, Any] = {f"{LIBS}/libstdc++.so.6": {}}
    assert audited({M: {**file, "rpath": THERE}, **own}) == []
    for paths in ({}, {"runpath": THERE}):
        [problem] = audited({M: {**file, **paths}, **own})
        assert problem.rule == "missing-symbol-version"


def test_versions_after_another_had_it_loaded() -> None:
    """Once the image's library is loaded, a library with one of its own gets the image's as well."""
    files: Files = {
        M: {"needed": ["libstdc++.so.6", "liba.so"], "runpath": THERE},
        f"{LIBS}/liba.so": asks("GLIBCXX_3.4.99", library="libstdc++.so.6", rpath="$ORIGIN"),
        f"{LIBS}/libstdc++.so.6": {},
    }
    [problem] = audited(files)
    assert (problem.rule, problem.member) == ("missing-symbol-version", "demo.libs/liba.so")


def test_versions_once_for_each_kind() -> None:
    """One finding for each kind of version and each wheel: the newest that is needed, with the file that needs it."""
    both = {"libc.so.6": ["GLIBC_2.36"], "libstdc++.so.6": ["GLIBCXX_3.4.40"]}
    files: Files = {
        "python/a.so": asks("GLIBC_2.35"),
        "python/b.so": asks("GLIBC_2.38"),
        "python/c.so": {"needed": [*both], "versions": both},
        "python/run": asks("GLIBC_2.39"),
    }
    problems = audited(files)
    assert [(str(one.severity), one.member, one.message.partition(",")[0]) for one in problems] == [
        ("error", "b.so", "it needs GLIBC_2.38 of libc.so.6"),
        ("error", "c.so", "it needs GLIBCXX_3.4.40 of libstdc++.so.6"),
        ("warning", "run", "it needs GLIBC_2.39 of libc.so.6"),
    ]
    assert problems[0].message.endswith("(and 2 other files)")
    assert "other file" not in problems[1].message
