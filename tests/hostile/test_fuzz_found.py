"""What the fuzzers found, each as it was first: it ended in an error of another kind, took hours, or all memory."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import tomli_w
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement

from lambda_wheels.aws.failures import in_one_line
from lambda_wheels.aws.marks import described
from lambda_wheels.errors import ResolutionError, WheelError
from lambda_wheels.hiding import hide_secrets
from lambda_wheels.layers import View, lay_out, write_layer
from lambda_wheels.layers.inside import read_inside
from lambda_wheels.layers.manifest import manifest_path
from lambda_wheels.looking import look
from lambda_wheels.progress import silent
from lambda_wheels.resolution.lock_file import read_lock
from lambda_wheels.resolution.locked import left_out, select
from lambda_wheels.resolution.redaction import redact
from lambda_wheels.store import StoredWheel
from lambda_wheels.targets import Target
from lambda_wheels.wheels import read_wheel
from lambda_wheels.wheels.needs import holds, requirement_in
from tests.forged_zip import Entry, forge, zip64_extra
from tests.hostile.fuzzing import bounded_memory, bounded_time, each_in_a_line
from tests.resolution.locks import as_dict, entry, wheel
from tests.wheel_factory import make_wheel

INSIDE: Final = "demo-1.0.dist-info"
TARGET: Final = Target("python3.13", "arm64")
DIGITS: Final = "1" * 5_000
"""More than Python makes a number of."""
SOME: Final = 300_000_000
"""Bytes of memory: several times what any of the cases takes."""


def _metadata(*lines: str, version: str = "1.0") -> Mapping[str, str]:
    return {f"{INSIDE}/METADATA": "\n".join(["Metadata-Version: 2.1", "Name: demo", f"Version: {version}", *lines, ""])}


def _tags(part: int) -> str:
    return "-".join(".".join(f"{kind}{number}" for number in range(part)) for kind in "abc")


def _wheel_file(*lines: str) -> Mapping[str, str]:
    return {f"{INSIDE}/WHEEL": "\n".join(["Wheel-Version: 1.0", "Root-Is-Purelib: true", *lines, ""])}


WHEELS: Final = [
    pytest.param(_metadata(version=DIGITS), "metadata-version", id="version-of-5000-digits"),
    pytest.param(_metadata(f"Requires-Python: >={DIGITS}"), "metadata-requires-python", id="python-of-5000-digits"),
    pytest.param(_metadata(f"Requires-Dist: a>={DIGITS}"), "metadata-requires-dist", id="requirement-of-5000-digits"),
    pytest.param(
        _metadata(f"Requires-Dist: a; {'(' * 600}os_name == 'x'{')' * 600}"),
        "metadata-requires-dist",
        id="marker-in-600-parentheses",
    ),
    pytest.param(
        _metadata(f"Requires-Python: {','.join(['>=1'] * 1_000_000)}"),
        "metadata-requires-python",
        id="million-specifiers",
    ),
    pytest.param(_metadata(*["Requires-Dist: a"] * 6_000), "metadata-size", id="6000-requirements"),
    pytest.param(_metadata(*["x: y"] * 1_000_000), "metadata-size", id="1000000-headers"),
    pytest.param(_metadata(*[f"Provides-Extra: a{n}" for n in range(3_000)]), "metadata-size", id="3000-extras"),
    pytest.param(_wheel_file(f"Tag: {_tags(1_000)}"), "wheel-tags", id="billion-tags-in-a-line"),
    pytest.param(_wheel_file("Tag: py3-none-a..b"), "wheel-tags", id="tag-with-an-empty-part"),
    pytest.param(_wheel_file(*["Tag: py3-none-any"] * 100_000), "metadata-size", id="100000-tags"),
    pytest.param(_wheel_file(*[f"Tag: {_tags(10)}"] * 500), "metadata-size", id="500-lines-of-1000-tags"),
    pytest.param(
        {f"{INSIDE}/METADATA": "\r".join(["Name: demo", "Version: 1.0", *["x: y"] * 300_000])},
        "metadata-size",
        id="300000-headers-that-end-as-on-an-old-mac",
    ),
    pytest.param(
        {f"{INSIDE}/entry_points.txt": "[console_scripts]\n" + "a=b\n" * 300_000}, "metadata-size", id="300000-scripts"
    ),
    pytest.param({f"{INSIDE}/RECORD": "a,,\n" * 1_000_000}, "metadata-size", id="1000000-rows"),
    pytest.param({"a/" * 30_000 + "x": ""}, "member-name-length", id="name-of-30000-folders"),
    pytest.param(
        {f"{n:05}/{'a/' * 500}x": "" for n in range(1_000)},
        "archive-members",
        id="half-a-million-folders-of-1000-names",
    ),
    pytest.param({"\u0301\u0316" * 16_000: ""}, "member-name-length", id="name-of-32000-accents"),
    pytest.param({f"demo-{DIGITS[:1000]}.dist-info/x": ""}, "member-name-length", id="folder-of-1000-digits"),
]
"""Files of a wheel, and the rule that they break."""


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize(("files", "rule"), WHEELS)
def test_wheels_that_were_too_much(tmp_path: Path, files: Mapping[str, str], rule: str) -> None:
    """Wheels of some kilobytes that took minutes, gigabytes or the reader's life: found at once, under a rule."""
    path = make_wheel(tmp_path, files={"demo/__init__.py": "", **files})
    with bounded_time(), bounded_memory(SOME):
        try:
            found = read_wheel(path).problems  # of which some can be allowed
        except WheelError as error:
            found = error.problems
    assert rule in [problem.rule for problem in found]
    each_in_a_line(found)
    assert max(len(str(problem)) for problem in found) < 10_000


MARKERS: Final = [
    pytest.param("os_name ~= 'x'", id="texts-compared-as-versions"),
    pytest.param("'linux' == 'linux'", id="two-texts"),
    pytest.param("'fast' in extras", id="variable-of-locks"),
    pytest.param(f"python_version > '{DIGITS[:4_000]}' and platform_machine == 'x'", id="version-of-4000-digits"),
]


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("marker", MARKERS)
def test_markers_that_nobody_can_answer(tmp_path: Path, marker: str) -> None:
    """A wheel with markers that compare nothing, or what cannot be compared: a layer comes of it, and is checked."""
    extra = _metadata("Provides-Extra: all", f"Requires-Dist: other; python_version > '3.12' and {marker}")
    path = make_wheel(tmp_path, files={"demo/__init__.py": "", **extra})
    wheel = read_wheel(path)
    contents = lay_out([View(TARGET, [StoredWheel(wheel, path)])])
    layer = write_layer(contents, tmp_path / "layer.zip", pip_command="pip")
    assert layer.compatible_runtimes
    assert [*left_out([wheel], TARGET)] == []
    assert read_inside(layer.path).compatibility()[0]
    each_in_a_line(look(layer.path, (), silent).problems)


@pytest.mark.hostile("Fuzz")
def test_markers_nested_too_deeply() -> None:
    """A marker in 200 parentheses, too deep for the room that is left: no requirement, and never needed."""
    marker = f"{'(' * 200}os_name == 'x'{')' * 200}"
    parsed = Marker(marker)
    most = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        with pytest.raises(InvalidRequirement, match="nested too deeply"):
            requirement_in(f"demo; {marker}")
        assert not holds(parsed, {"os_name": "x"})
    finally:
        sys.setrecursionlimit(most)


def _lock(filename: str = "demo-1.0-py3-none-any.whl", **more: Any) -> bytes:
    return tomli_w.dumps(as_dict(entry(wheel(filename)), **more)).encode()


LOCKS: Final = [
    pytest.param(b"lock-version = '1.0'\nx = " + DIGITS.encode(), id="number-of-5000-digits"),
    pytest.param(_lock(requires_python=f">={DIGITS}"), id="python-of-5000-digits"),
    pytest.param(_lock(environments=[f"python_version > '{DIGITS}'"]), id="marker-of-5000-digits"),
    pytest.param(b"lock-version = '1.0'\n" + b".".join([b"a"] * 100_000) + b" = 1", id="key-of-100000-parts"),
    pytest.param(b"lock-version = '1.0'\n" + b".".join([b"'.'"] * 100_000) + b" = 1", id="key-of-100000-quoted-parts"),
    pytest.param(b"lock-version = '1.0'\nx = " + b"[" * 100_000, id="100000-lists"),
    pytest.param(_lock(f"demo-1.0-{_tags(1_000)}.whl"), id="billion-tags"),
    pytest.param(_lock(f"demo-1.0-{_tags(1_000).replace('.', '%2E')}.whl"), id="billion-tags-escaped"),
]


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("content", LOCKS)
def test_locks_that_were_too_much(tmp_path: Path, content: bytes) -> None:
    """Locks that took hours, all memory, or the reader's life: refused at once as bad locks."""
    path = tmp_path / "pylock.toml"
    path.write_bytes(content)
    with bounded_time(), bounded_memory(SOME), pytest.raises(ResolutionError) as caught:
        select(read_lock(path), path, TARGET)
    assert [problem.rule for problem in caught.value.problems] == ["bad-lock"]
    each_in_a_line(caught.value.problems)


def _layer(**texts: str) -> bytes:
    contents = {f"python/{INSIDE}/{name}": text.encode() for name, text in texts.items()}
    contents["python/demo/__init__.py"] = b""
    return forge([Entry(name=path.encode(), content=content) for path, content in contents.items()])


def _said(manifest: dict[str, Any]) -> bytes:
    """A layer with a manifest that a right path vouches for."""
    content = json.dumps(manifest, indent=2, sort_keys=True).encode() + b"\n"
    entries = [Entry(name=manifest_path(content).encode(), content=content), Entry(name=b"python/demo.py")]
    metadata = Entry(name=f"python/{INSIDE}/METADATA".encode(), content=b"Name: demo\nVersion: 1.0\n")
    return forge([*entries, metadata])


WHEEL: Final = {"filename": f"demo-1.0-{_tags(100)}.whl", "name": "demo", "sha256": 64 * "a", "version": "1.0"}
MANIFEST: Final = {
    "format": 1,
    "options": {},
    "targets": [{"architecture": "arm64", "runtime": "python3.13"}],
    "waived": [],
    "wheels": [WHEEL],
}

LAYERS: Final = [
    pytest.param(
        _layer(METADATA="Name: demo\nVersion: 1.0\n", RECORD="demo/__init__.py,,\n" * 120_000),
        id="120000-rows-for-a-file",
    ),
    pytest.param(_layer(METADATA="Name: demo\nVersion: 1.0\n", WHEEL=f"Tag: {_tags(1_000)}\n"), id="billion-tags"),
    pytest.param(
        _layer(
            METADATA="Name: demo\nVersion: 1.0\n",
            WHEEL="".join(f"Tag: {_tags(10).replace('a', f'a{number}x')}\n" for number in range(5_000)),
        ),
        id="5000-lines-of-1000-tags",
    ),
    pytest.param(_layer(METADATA="Name: demo\nVersion: 1.0\n", WHEEL="Tag: a-b-c..d\n"), id="tag-with-an-empty-part"),
    pytest.param(_layer(METADATA=f"Name: demo\nVersion: {DIGITS}\n"), id="version-of-5000-digits"),
    pytest.param(
        _layer(METADATA="Name: demo\nVersion: 1.0\nRequires-Dist: x; 'a' == 'a'\n"), id="marker-that-compares-texts"
    ),
    pytest.param(_said(MANIFEST), id="manifest-of-a-billion-tags"),
    pytest.param(_said({**MANIFEST, "targets": []}), id="manifest-without-targets"),
    pytest.param(_said({**MANIFEST, "wheels": [{**WHEEL, "version": "1\n0"}]}), id="manifest-with-a-line-break"),
    pytest.param(
        _said({**MANIFEST, "wheels": [{**WHEEL, "name": f"a{n:05}"} for n in range(40_000)]}),
        id="manifest-of-40000-wheels",
    ),
]


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("content", LAYERS)
def test_layers_that_were_too_much(tmp_path: Path, content: bytes) -> None:
    """Layers of some kilobytes whose texts took hours, all memory, or the checker's life: looked at in a moment."""
    path = tmp_path / "layer.zip"
    path.write_bytes(content)
    with bounded_time(), bounded_memory(SOME):
        each_in_a_line(look(path, (TARGET,), silent).problems)
        inside = read_inside(path)
        if inside.manifest is not None:
            assert inside.compatibility() == (("python3.13",), ("arm64",))
            text = described((one.name, one.version) for one in inside.manifest.wheels)
            assert text.isprintable() and len(text) < 256


@pytest.mark.hostile("Fuzz")
def test_two_sizes_in_one_header(tmp_path: Path) -> None:
    """A header with two zip64 fields, of which readers take one or the other: refused."""
    path = make_wheel(tmp_path)
    one = Entry(name=b"demo/x.py", content=b"x = 1\n")
    sizes = {"size": 0xFFFFFFFF, "compressed_size": 0xFFFFFFFF}
    right = zip64_extra(len(one.content), len(one.compressed()))
    one.local, one.central = {**sizes, "extra": right}, {**sizes, "extra": zip64_extra(1, 2) + right}
    path.write_bytes(forge([one]))
    with pytest.raises(WheelError, match="two zip64 fields"):
        read_wheel(path)


@pytest.mark.hostile("Fuzz")
def test_a_version_of_the_format_that_nobody_knows(tmp_path: Path) -> None:
    """A member that says it needs a version of zip that is yet to come: refused, as `zipfile` refuses it."""
    path = make_wheel(tmp_path)
    content = path.read_bytes()
    place = content.index(b"PK\x01\x02") + 6
    path.write_bytes(content[:place] + b"\xff\0" + content[place + 2 :])
    with pytest.raises(WheelError, match=r"version 25\.5 of the format"):
        read_wheel(path)


BEGUN: Final = [
    *("a://", "aa:///", "aa:/?", "https://u:p@h/", "https://a.git@", "aa://x y ", "aa://@"),  # URLs
    *("aa://a.b: ", "aa://x y @ a ", "+aaa://a.b/c@", "arn:aws:", "arn:aws:@ "),  # what is left
    *("a:", "a:,", "a:b@", "a:b,", "=a:", "\\a:", "/~a:", "arn:", "a:@ "),  # users
    *("~", "%a", "a.", "[", "? ", "?)", "=", "@", "1", "\n"),  # what may be a part of either
]


@pytest.mark.hostile("Fuzz")
@pytest.mark.once
@pytest.mark.parametrize(
    "begun", ["aa://", ",", "?", *(pytest.param(text, marks=pytest.mark.long) for text in BEGUN)], ids=ascii
)
def test_messages_that_took_hours_to_hide_nothing(begun: str, at_length: bool) -> None:
    """Messages of up to a megabyte of what a URL, a user or a query begins with: looked through in a moment."""
    size = 1_000_000 if at_length else 100_000
    for start in ("", "aa://?"):
        text = f"{start}{begun * (size // len(begun))}?) @ https://alice:sesame@h/x?y=sesame"
        for hide in (hide_secrets, redact, in_one_line):
            with bounded_time():
                assert "sesame" not in hide(text)
