"""Nothing of what is asked for runs on the host. (Starts pip; opens sockets on loopback.)"""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path

import pytest

from lambda_wheels.errors import LambdaWheelsError
from tests.index_server import IndexServer
from tests.resolution.pip_runs import pins, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = [pytest.mark.pip, pytest.mark.hostile("Requirements")]


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that every program of these tests would write."""
    return tmp_path / "canary"


@pytest.fixture
def program(canary: Path) -> str:
    """Python that writes the canary."""
    return f"open({str(canary)!r}, 'w').write('sang')\n"


@pytest.fixture
def source(tmp_path: Path, program: str) -> Path:
    """A project's folder whose build writes the canary, whichever way it is started."""
    folder = tmp_path / "demo-9.0"
    folder.mkdir()
    (folder / "setup.py").write_text(program)
    (folder / "backend.py").write_text(program)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "demo"\nversion = "9.0"\n'
    )
    return folder


@pytest.fixture
def sdist(folder: Path, source: Path) -> Path:
    """The same as a source distribution, on the index."""
    path = folder / "demo-9.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for file in sorted(source.iterdir()):
            info = tarfile.TarInfo(f"demo-9.0/{file.name}")
            info.size = file.stat().st_size
            archive.addfile(info, io.BytesIO(file.read_bytes()))
    return path


FILES = {
    "sdist by URL": ("demo @ {url}", "not-a-wheel"),
    "sdist by URL without a name": ("{url}", "not-a-wheel"),
    "sdist by path": ("{sdist}", "not-a-wheel"),
    "sdist by file URL": ("demo @ {sdist_url}", "not-a-wheel"),
    "folder": ("{source}", "not-a-wheel"),
    "folder by URL": ("demo @ {source_url}", "not-a-wheel"),
    "folder named like a wheel": ("demo @ {wheel_folder_url}", "not-a-wheel"),
    "folder by path named like a wheel": ("{wheel_folder}", "not-a-wheel"),
    "editable": ("-e {source}", "editable"),
    "editable with an option": ("--editable={source}", "editable"),
    "editable repository": ("-e git+{source_url}#egg=demo", "editable"),
    "--no-binary": ("--no-binary=:all:\ndemo", "no-binary"),
    "--no-binary of one": ("--no-binary demo\ndemo", "no-binary"),
    "--only-binary of none": ("--only-binary=:none:\ndemo", "no-binary"),
    "--only-binary of another": ("--only-binary=:none:\n--only-binary=needs\ndemo", "no-binary"),
    "git": ("demo @ git+{source_url}", "not-a-wheel"),
    "git like a wheel": ("demo @ git+{source_url}/demo-1.0-py3-none-any.whl", "not-a-wheel"),
    "hg": ("demo @ hg+{source_url}", "not-a-wheel"),
    "svn": ("demo @ svn+{source_url}", "not-a-wheel"),
    "bzr": ("demo @ bzr+{source_url}", "not-a-wheel"),
    "password": ("demo @ {password_url}", "url-credentials"),
    "variable": ("--extra-index-url {root}/${{CANARY_SECRET}}/\nneeds", "variable"),
    "variable over two lines": ("--extra-index-url {root}/${{CANARY_\\\nSECRET}}/\nneeds", "variable"),
    "variable in a constraint": ("needs @ {root}/${{CANARY_SECRET}}/needs-1.0-py3-none-any.whl", "variable"),
    "wheel of another project": ("demo @ {wheel_url}", "bad-requirement"),
    "dependency": ("bad-url", "not-a-wheel"),
    "dependency on a folder": ("bad-folder", "not-a-wheel"),
    "dependency on a repository": ("bad-git", "not-a-wheel"),
    "dependency with a password": ("bad-password", "url-credentials"),
    "empty": ("# nothing\n", "no-requirement"),
    "marker that does not hold": ("needs; python_version < '3'", "no-requirement"),
    "file that includes itself": ("-r r.txt", "pip-refused"),
    "file that is not there": ("-r absent.txt", "pip-refused"),
    "unknown option": ("--frobnicate", "pip-refused"),
    "encoding that is none": ("# coding: nonsense\nneeds", "pip-refused"),
}


AS_CONSTRAINT = [case for case, (text, rule) in FILES.items() if " @ " in text and rule in {"not-a-wheel", "variable"}]
"""Lines that pip takes as constraints too."""


@pytest.mark.parametrize(
    ("case", "how"),
    [*((case, how) for how in ("top", "nested") for case in FILES), *((case, "constraint") for case in AS_CONSTRAINT)],
)
def test_refused_in_a_file(
    tmp_path: Path,
    folder: Path,
    index: IndexServer,
    monkeypatch: pytest.MonkeyPatch,
    canary: Path,
    source: Path,
    sdist: Path,
    case: str,
    how: str,
) -> None:
    """What a requirement file or a dependency brings in and would run, or would send away, is refused in one line."""
    text, rule = FILES[case]
    monkeypatch.setenv("CANARY_SECRET", "sesame")
    wheel_folder = tmp_path / "demo-9.0-py3-none-any.whl"
    wheel_folder.mkdir()
    for file in source.iterdir():
        (wheel_folder / file.name).write_bytes(file.read_bytes())
    needs = make_wheel(folder, "needs")
    make_wheel(folder, "demo", "1.0")
    make_wheel(folder, "bad-url", requires=[f"demo @ {sdist.as_uri()}"])
    make_wheel(folder, "bad-folder", requires=[f"demo @ {source.as_uri()}"])
    make_wheel(folder, "bad-git", requires=[f"demo @ git+{source.as_uri()}"])
    password_url = index.file_url("demo-1.0-py3-none-any.whl").replace("127", "alice:sesame@127")
    make_wheel(folder, "bad-password", requires=[f"demo @ {password_url}"])
    line = text.format(
        url=index.file_url(sdist.name),
        root=index.root,
        sdist=sdist,
        sdist_url=sdist.as_uri(),
        source=source,
        source_url=source.as_uri(),
        wheel_folder=wheel_folder,
        wheel_folder_url=wheel_folder.as_uri(),
        password_url=password_url,
        wheel_url=index.file_url(needs.name),
    )
    (tmp_path / "r.txt").write_text(line)
    (tmp_path / "outer.txt").write_text("-r r.txt\n" if how == "nested" else "-c r.txt\ndemo\nneeds\n")
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, tmp_path / ("r.txt" if how == "top" else "outer.txt"), index_url=index.url)
    [problem] = caught.value.problems
    assert problem.rule == rule
    assert "\n" not in str(problem)
    assert "sesame" not in str(problem)
    assert "alice" not in str(problem)
    assert caught.value.exit_code == 1
    assert not canary.exists()
    assert not any("sesame" in request.path for request in index.requests)


def test_sdists_beside_wheels(tmp_path: Path, folder: Path, index: IndexServer, sdist: Path, canary: Path) -> None:
    """A newer source distribution is passed over for an older wheel."""
    make_wheel(folder, "demo", "1.0")
    assert pins(run_resolve(tmp_path, "demo", index_url=index.url)) == {"demo": "1.0"}
    assert not canary.exists()
    assert not index.matching("/files/*.tar.gz")


@pytest.mark.parametrize("layers", [100])
def test_deep_inclusion(tmp_path: Path, folder: Path, index: IndexServer, layers: int) -> None:
    """A hundred requirement files, one inside the other, are read."""
    make_wheel(folder)
    for number in range(layers):
        (tmp_path / f"r{number}.txt").write_text(f"-r r{number + 1}.txt\n")
    (tmp_path / f"r{layers}.txt").write_text("demo\n")
    assert pins(run_resolve(tmp_path, tmp_path / "r0.txt", index_url=index.url)) == {"demo": "1.0"}


def test_other_pips_are_not_run(
    tmp_path: Path, folder: Path, index: IndexServer, monkeypatch: pytest.MonkeyPatch, program: str, canary: Path
) -> None:
    """Neither a ``pip.py`` of the working directory nor a pip on PYTHONPATH is executed."""
    make_wheel(folder)
    here, there = tmp_path / "here", tmp_path / "there"
    for place in (here, there / "pip"):
        place.mkdir(parents=True)
    for name in ("pip.py", "json.py", "sitecustomize.py", "usercustomize.py"):
        (here / name).write_text(program)
        (there / name).write_text(program)
    (there / "pip" / "__init__.py").write_text(program)
    monkeypatch.chdir(here)
    monkeypatch.setenv("PYTHONPATH", str(there))
    monkeypatch.setenv("PYTHONSTARTUP", str(here / "pip.py"))
    assert pins(run_resolve(tmp_path, "demo", index_url=index.url)) == {"demo": "1.0"}
    assert not canary.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize("name", ["git", "rustc", "uname", "lsb_release", "python"])
def test_programs_on_the_path_are_not_run(
    tmp_path: Path, folder: Path, index: IndexServer, monkeypatch: pytest.MonkeyPatch, canary: Path, name: str
) -> None:
    """Not even what pip starts in every run to describe its host is started."""
    make_wheel(folder)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / name).write_text(f"#!/bin/sh\ntouch '{canary}'\n")
    (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    assert pins(run_resolve(tmp_path, "demo", index_url=index.url)) == {"demo": "1.0"}
    assert not canary.exists()
