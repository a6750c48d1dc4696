"""pip chooses for the target, whatever machine it runs on. (Starts pip; opens sockets on loopback.)"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from lambda_wheels.errors import ResolutionError
from lambda_wheels.problems import Severity
from lambda_wheels.targets import Target
from tests.index_server import IndexServer, Listing
from tests.resolution.pip_runs import ARM, INTEL, OLD, files, pins, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

DEPENDENCIES = {
    "py-old": 'python_version < "3.12"',
    "py-new": 'python_version >= "3.12"',
    "patch": 'python_full_version >= "3.12.3"',
    "arm": 'platform_machine == "aarch64"',
    "intel": 'platform_machine == "x86_64"',
    "mac-arm": 'platform_machine == "arm64"',
    "linux": 'sys_platform == "linux"',
    "windows": 'sys_platform == "win32" or os_name == "nt" or platform_system == "Windows"',
    "darwin": 'platform_system == "Darwin"',
    "pypy": 'implementation_name == "pypy" or platform_python_implementation == "PyPy"',
    "kernel": 'platform_release != "" or platform_version != ""',
}


def sha256(path: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (ARM, {"py-new", "patch", "arm", "linux"}),
        (INTEL, {"py-new", "patch", "intel", "linux"}),
        (OLD, {"py-old", "intel", "linux"}),
    ],
)
def test_markers(tmp_path: Path, folder: Path, index: IndexServer, target: Target, expected: set[str]) -> None:
    """Markers of dependencies and of requirements are evaluated for the target."""
    make_wheel(folder, "top", requires=[f"{name}; {marker}" for name, marker in DEPENDENCIES.items()])
    for name in DEPENDENCIES:
        make_wheel(folder, name)
    resolution = run_resolve(tmp_path, "top", target=target, index_url=index.url)
    assert set(pins(resolution)) == {"top", *expected}
    asked = [f"{name}; {marker}" for name, marker in DEPENDENCIES.items()]
    assert set(pins(run_resolve(tmp_path, asked, target=target, index_url=index.url))) == expected


@pytest.mark.parametrize("told", [True, False], ids=["told by the index", "told by the metadata"])
def test_requires_python_has_patch_levels(tmp_path: Path, folder: Path, told: bool) -> None:
    """Requires-Python is held against the full version of the target's Python: 3.12.3 for python3.12."""
    for version, needs in (("1.0", ">=3.9"), ("2.0", ">=3.12.3"), ("3.0", ">=3.12.4"), ("4.0", ">=3.13")):
        make_wheel(folder, "demo", version, requires_python=needs)
    silent = {} if told else {path.name: "" for path in folder.iterdir()}
    with IndexServer(folder, listing=Listing(requires_python=silent)) as index:
        assert pins(run_resolve(tmp_path, "demo", target=INTEL, index_url=index.url)) == {"demo": "2.0"}


CANDIDATES = """
cp312-cp312-manylinux_2_17_x86_64 cp312-cp312-manylinux_2_28_x86_64 cp312-cp312-manylinux_2_34_x86_64
cp312-cp312-manylinux_2_35_x86_64 cp312-cp312-manylinux_2_28_aarch64 cp312-cp312-musllinux_1_2_x86_64
cp312-cp312-macosx_11_0_arm64 cp312-cp312-win_amd64 cp312-cp312t-manylinux_2_17_x86_64 cp313-cp313-manylinux_2_17_x86_64
cp39-abi3-manylinux_2_17_x86_64 cp313-abi3-manylinux_2_17_x86_64 py3-none-manylinux_2_17_x86_64 py3-none-any
cp312-cp312-linux_x86_64 cp311-cp311-manylinux_2_17_x86_64
""".split()
ORDER = """
cp312-cp312-manylinux_2_34_x86_64 cp312-cp312-manylinux_2_28_x86_64 cp312-cp312-manylinux_2_17_x86_64
cp312-cp312-linux_x86_64 cp39-abi3-manylinux_2_17_x86_64 py3-none-manylinux_2_17_x86_64 py3-none-any
""".split()
"""Those that run on python3.12 and x86_64, best first."""


def test_tags(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """Of the wheels of one version the one is chosen that comes first among the target's tags."""
    wheels = {tag: make_wheel(folder, tag=tag) for tag in CANDIDATES}
    for tag in ORDER[:3] + ORDER[-3:]:
        for better in ORDER[: ORDER.index(tag)]:
            wheels[better].unlink(missing_ok=True)
        assert files(run_resolve(tmp_path, "demo", target=INTEL, index_url=index.url)) == [wheels[tag].name]


def test_nothing_fits(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """Where no tag fits, no wheel is chosen."""
    for tag in set(CANDIDATES) - set(ORDER):
        make_wheel(folder, tag=tag)
    with pytest.raises(ResolutionError, match=r"error\[no-fitting-wheel\] demo"):
        run_resolve(tmp_path, "demo", target=INTEL, index_url=index.url)


@pytest.mark.parametrize(
    ("tags", "version"),
    [
        (("cp313-cp313-manylinux_2_28_aarch64", "cp313-cp313-manylinux_2_34_aarch64"), "2.0"),
        (("cp313-cp313-manylinux_2_28_aarch64", "cp313-cp313-manylinux_2_35_aarch64"), "1.0"),
        (("py3-none-any", "cp313-cp313-manylinux_2_24_aarch64"), "2.0"),
        (("py3-none-any", "cp313-cp313-win_amd64.manylinux_2_27_aarch64"), "2.0"),
    ],
)
def test_newest_version_that_fits(
    tmp_path: Path, folder: Path, index: IndexServer, tags: tuple[str, str], version: str
) -> None:
    """The newest version that has a fitting wheel is chosen, with platforms between the legacy names too."""
    for number, tag in enumerate(tags, start=1):
        make_wheel(folder, "demo", f"{number}.0", tag=tag)
    assert pins(run_resolve(tmp_path, "demo", index_url=index.url)) == {"demo": version}


def test_build_tag(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """Of two builds of a wheel the later is chosen."""
    for build in (None, "2", "10"):
        make_wheel(folder, build=build)
    assert files(run_resolve(tmp_path, "demo", index_url=index.url)) == ["demo-1.0-10-py3-none-any.whl"]


def test_extras(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """Extras bring what they name, extras of extras and self-references too; what is not declared brings nothing."""
    requires = [
        'demo[fast]; extra == "all"',
        'one; extra == "fast"',
        'two[x]; extra == "all"',
        'never; extra == "other"',
    ]
    make_wheel(folder, "demo", requires=requires, extras=["all", "Fast"])
    make_wheel(folder, "two", requires=['three; extra == "x"', 'never; extra == "y"'], extras=["x", "y"])
    for name in ("one", "three", "never"):
        make_wheel(folder, name)
    found = pins(run_resolve(tmp_path, "Demo[ALL,nothing]", index_url=index.url))
    assert set(found) == {"demo", "one", "two", "three"}


def test_requirement_files(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """Requirement files nest, bring constraints, hashes, wheels by path and the address of the index."""
    for version in ("1.0", "2.0", "3.0"):
        make_wheel(folder, "demo", version, requires=["needs"])
        make_wheel(folder, "needs", version)
    local = make_wheel(tmp_path, "local", "7.0")
    (tmp_path / "sub").mkdir()
    (tmp_path / "r.txt").write_text(
        f"--index-url {index.url}\n-r sub/more.txt  # and more\n{local}\n", encoding="utf-8"
    )
    (tmp_path / "sub" / "more.txt").write_text("-c c.txt\ndemo<3 ; \\\n  python_version >= '3'\n")
    (tmp_path / "sub" / "c.txt").write_text("needs<2\nabsent==1\n")
    assert pins(run_resolve(tmp_path, tmp_path / "r.txt")) == {"demo": "2.0", "needs": "1.0", "local": "7.0"}


def test_constraints_as_option(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """A constraint bounds a version and asks for nothing."""
    for version in ("1.0", "2.0"):
        make_wheel(folder, "demo", version)
    (tmp_path / "c.txt").write_text("demo<2\nother==1\n")
    resolution = run_resolve(tmp_path, "demo", index_url=index.url, constraint=tmp_path / "c.txt")
    assert pins(resolution) == {"demo": "1.0"}


def test_hashes(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """Of the files of a release the one whose hash is given is taken."""
    one = make_wheel(folder, "demo", files={"demo/a.py": ""})
    make_wheel(folder, "demo", build="1")
    (tmp_path / "r.txt").write_text(f"demo==1.0 --hash=sha256:{sha256(one)}\n")
    resolution = run_resolve(tmp_path, tmp_path / "r.txt", index_url=index.url, require_hashes=True)
    assert [(wheel.filename, wheel.sha256) for wheel in resolution.wheels] == [(one.name, sha256(one))]


@pytest.mark.parametrize("kind", ["path", "file URL", "http URL"])
def test_one_wheel(tmp_path: Path, folder: Path, index: IndexServer, kind: str) -> None:
    """A wheel may be given by path or URL; what it needs comes from the index, and its hash is known."""
    wheel = make_wheel(tmp_path, "demo", "5.0", requires=["needs"])
    make_wheel(folder, "needs")
    (folder / wheel.name).write_bytes(wheel.read_bytes())
    given: dict[str, str | Path] = {
        "path": wheel,
        "file URL": f"demo @ {wheel.as_uri()}",
        "http URL": f"demo @ {index.file_url(wheel.name)}",
    }
    demo, needs = run_resolve(tmp_path, given[kind], index_url=index.url).wheels
    assert (str(demo.version), demo.direct, demo.sha256) == ("5.0", True, sha256(wheel))
    assert (needs.name, needs.direct) == ("needs", False)


def test_index_without_hashes(tmp_path: Path, folder: Path) -> None:
    """Where the index gives no hash, pip's own of what it downloaded counts."""
    wheel = make_wheel(folder)
    with IndexServer(folder, listing=Listing(hashes=False, metadata=False)) as index:
        [found] = run_resolve(tmp_path, "demo", index_url=index.url).wheels
    assert found.sha256 == sha256(wheel)


@pytest.mark.parametrize("json", [True, False])
def test_find_links(tmp_path: Path, folder: Path, json: bool) -> None:
    """A folder of wheels, and a page that links to some, add to the index or stand in its place."""
    make_wheel(folder, "demo", "1.0")
    (tmp_path / "wheels").mkdir()
    make_wheel(tmp_path / "wheels", "demo", "2.0")
    with IndexServer(folder, json=json) as index:
        both = run_resolve(tmp_path, "demo", index_url=index.url, find_links=tmp_path / "wheels")
        page = run_resolve(tmp_path, "demo", no_index=True, find_links=index.links_url)
    folder_only = run_resolve(tmp_path, "demo", no_index=True, find_links=tmp_path / "wheels")
    assert [pins(one)["demo"] for one in (both, page, folder_only)] == ["2.0", "1.0", "2.0"]


def test_pages_on_this_disk(tmp_path: Path, folder: Path) -> None:
    """An HTML file as ``find_links``, or beside the wheels of such a folder, may be about anything; pip reads all."""
    wheel = make_wheel(folder, "demo", "1.0")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "index.html").write_text(f'<a href="{wheel.as_uri()}">{wheel.name}</a>')
    (wheels / "readme.html").write_text("<html><p>See coverage.zip, and then <b")
    (wheels / "cov.HTM").write_text("")
    for links in (wheels / "index.html", (wheels / "index.html").as_uri(), wheels):
        assert pins(run_resolve(tmp_path, "demo", no_index=True, find_links=links)) == {"demo": "1.0"}
    make_wheel(wheels, "demo", "2.0")
    assert pins(run_resolve(tmp_path, "demo", no_index=True, find_links=wheels)) == {"demo": "2.0"}
    with IndexServer(folder) as index:
        found = pins(run_resolve(tmp_path, "demo", index_url=index.url, find_links=wheels / "readme.html"))
    assert found == {"demo": "1.0"}


def test_pre_and_cooldown(tmp_path: Path, folder: Path) -> None:
    """Pre-releases come with ``pre`` only, and new files are passed over with ``uploaded_prior_to``."""
    make_wheel(folder, "demo", "1.0")
    late = make_wheel(folder, "demo", "1.5")
    make_wheel(folder, "demo", "2.0rc1")
    with IndexServer(folder, listing=Listing(upload_time={late.name: "2025-06-01T00:00:00Z"})) as index:
        found = [
            pins(run_resolve(tmp_path, "demo", index_url=index.url, **options))["demo"]
            for options in ({}, {"pre": True}, {"uploaded_prior_to": "2025-01-01"})
        ]
    assert found == ["1.5", "2.0rc1", "1.0"]


def test_yanked(tmp_path: Path, folder: Path) -> None:
    """A yanked release is taken only where it is pinned, with a warning."""
    make_wheel(folder, "demo", "1.0")
    bad = make_wheel(folder, "demo", "2.0")
    with IndexServer(folder, listing=Listing(yanked={bad.name: "broken"})) as index:
        free = run_resolve(tmp_path, "demo", index_url=index.url)
        pinned = run_resolve(tmp_path, "demo==2.0", index_url=index.url)
    assert (pins(free), free.problems) == ({"demo": "1.0"}, ())
    assert pins(pinned) == {"demo": "2.0"}
    assert [(problem.rule, problem.severity) for problem in pinned.problems] == [("yanked", Severity.WARNING)]


def test_installed_projects_do_not_count(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """What the host has installed plays no part: packaging is there, but comes from the index."""
    make_wheel(folder, "packaging", "0.1")
    assert pins(run_resolve(tmp_path, "packaging", index_url=index.url)) == {"packaging": "0.1"}
