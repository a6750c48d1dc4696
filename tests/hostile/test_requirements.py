"""Requirements that hide, run, send or never end. (Starts pip; loopback.)"""

from __future__ import annotations

import io
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels import LambdaWheelsError
from tests.conftest import Tried
from tests.index_server import IndexServer
from tests.loopback import Build, stored_wheels
from tests.wheel_factory import make_wheel

pytestmark = [pytest.mark.pip, pytest.mark.once, pytest.mark.hostile("Requirements")]

SECRET = "sesame0opens1all"
PROGRAMS = ("git", "hg", "svn", "bzr", "ssh", "python", "python3", "gcc", "cc", "sh", "make", "cargo")
DIGEST = "0" * 64


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that every program on the PATH, and every build of ``evil``, would write."""
    canary = tmp_path / "canary"
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).write_text(f"#!/bin/sh\n: > '{canary}'\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setenv("CANARY_SECRET", SECRET)
    return canary


@pytest.fixture
def sdist(served: Path, canary: Path) -> Path:
    """A source distribution on the index whose build writes the canary."""
    program = f"open({str(canary)!r}, 'w').close()\n"
    files = {"setup.py": program, "backend.py": program}
    files["pyproject.toml"] = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    path = served / "evil-9.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"evil-9.0/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with what no requirement file should bring in."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("token", ".env", ".netrc", "id_rsa", "plain.txt"):
        (folder / name).write_text(f"{SECRET}\n" if name != "plain.txt" else "needs\n")
    (folder / "token.txt").symlink_to("token")
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe.txt")
        (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "project").mkdir()
    (folder / "project" / "pyproject.toml").write_text('[project]\nname = "evil"\nversion = "9.0"\n')
    for number in range(600):
        (folder / f"deep{number}.txt").write_text(f"-r deep{number + 1}.txt\n")
    for number in range(40):
        (folder / f"twice{number}.txt").write_text(f"-r twice{number + 1}.txt\n" * 2)
    return folder


PINNED = f"needs==1.0 --hash=sha256:{DIGEST}"
URLS = {
    "an sdist": ("{url}", "not-a-wheel"),
    "an sdist on this disk": ("{path}", "not-a-wheel"),
    "git": ("git+https://127.0.0.1:1/evil.git", "not-a-wheel"),
    "git by SSH": ("git+ssh://127.0.0.1:1/evil.git", "not-a-wheel"),
    "git on this disk": ("git+{path}", "not-a-wheel"),
    "git named like a wheel": ("git+https://127.0.0.1:1/evil-1.0-py3-none-any.whl", "not-a-wheel"),
    "Mercurial": ("hg+http://127.0.0.1:1/evil", "not-a-wheel"),
    "Subversion": ("svn+ssh://127.0.0.1:1/evil", "not-a-wheel"),
    "Bazaar": ("bzr+ssh://127.0.0.1:1/evil", "not-a-wheel"),
    "FTP": ("ftp://127.0.0.1:1/evil.tar.gz", "not-a-wheel"),
    "credentials": ("http://alice:sesame@127.0.0.1:1/evil-1.0-py3-none-any.whl", "url-credentials"),
}
"""Where ``evil`` may be said to be, and what is told of it wherever that stands."""

LINES = {
    **{name: (f"evil @ {url}", rule) for name, (url, rule) in URLS.items()},
    "editable": ("-e {path}", "editable"),
    "editable repository": ("-e git+ssh://127.0.0.1:1/evil.git#egg=evil", "editable"),
    "a folder": ("{files}", "pip-refused"),
    "a project": ("{files}/project", "not-a-wheel"),
    "--no-binary": ("--no-binary :all:\nneeds", "no-binary"),
    "--only-binary=:none:": ("--only-binary :none:\nneeds", "no-binary"),
    "--global-option": ('needs --global-option="build_ext"', "pip-refused"),
    "--target": ("--target /tmp\nneeds", "pip-refused"),
    "--python": ("--python /tmp/python\nneeds", "pip-refused"),
    "--proxy": ("--proxy http://127.0.0.1:1\nneeds", "pip-refused"),
    "--keyring-provider": ("--keyring-provider subprocess\nneeds", "pip-refused"),
    "--client-cert": ("--client-cert /etc/passwd\nneeds", "pip-refused"),
    "--use-feature": ("--use-feature nonsense\nneeds", "pip-refused"),
    "variable in an index": ("--extra-index-url {root}/${{CANARY_SECRET}}/\nneeds", "variable"),
    "variable in a wheel": ("needs @ {root}/${{CANARY_SECRET}}/needs-1.0-py3-none-any.whl", "variable"),
    "variable over two lines": ("-i {root}/${{CANARY_\\\nSECRET}}/\nneeds", "variable"),
    "a token": ("-i {root}/simple\n-r {files}/token", "unknown-file-kind"),
    "a link to a token": ("-i {root}/simple\n-r {files}/token.txt", "unknown-file-kind"),
    "a token by URL": ("-i {root}/simple\n-r file://{files}/token", "unknown-file-kind"),
    "a token as constraint": ("-c {files}/token\nneeds", "unknown-file-kind"),
    ".env": ("-r {files}/.env", "unknown-file-kind"),
    ".netrc": ("-r {files}/.netrc", "unknown-file-kind"),
    "a key": ("-r {files}/id_rsa", "unknown-file-kind"),
    "this process's environment": ("-r /proc/self/environ", "unknown-file-kind"),
    "a device that does not end": ("-r {files}/zero.txt", "unknown-file-kind"),
    "a pipe": ("-r {files}/pipe.txt", "unknown-file-kind"),
    "600 levels": ("-r {files}/deep0.txt", "pip-refused"),
    "each twice": ("-r {files}/twice0.txt", "pip-refused"),
    "a file on another machine": ("-r file://example.invalid/r.txt", "pip-refused"),
    "links that are not there": ("-f /nowhere/at/all\nneeds", "bad-index-url"),
    "links in a repository": ("-f git+ssh://127.0.0.1:1/x\nneeds", "bad-index-url"),
    "links on another machine": ("-f file://example.invalid/x\nneeds", "bad-index-url"),
    "a line in a comment": ("needs # harmless\u2028--pre", "bad-requirement"),
    "a page break in a comment": ("needs # harmless\x0c--index-url {root}/evil", "bad-requirement"),
    "text turned round": ("needs # \u202eharmless", "bad-requirement"),
    "NUL": ("needs\0", "bad-requirement"),
    "escape": ("needs # \x1b[2K", "bad-requirement"),
    "5,000 digits": (f"needs=={'9' * 5000}", "bad-requirement"),
    "a deep marker": (f"needs; {'(' * 3000}os_name=='posix'{')' * 3000}", "pip-refused"),
    "a hash that does not match": (PINNED, "hash-mismatch"),
    "a hash of a weak kind": (f"needs==1.0 --hash=md5:{'0' * 32}", "pip-refused"),
    "half an option": ('needs --hash="sha256:', "pip-refused"),
    "an encoding that is none": ("# coding: nonsense\nneeds", "pip-refused"),
}
"""Lines of a requirement file, and the rule that each breaks."""
HARMLESS = (
    "--pre\nneeds",
    "--trusted-host x\nneeds",
    "--prefer-binary\nneeds",
    'needs --config-settings "a=b"',
    "\ufeffneeds",
)

HOW = ("top", "nested", "constraint")
SAMPLE = [
    ("git by SSH", "nested"),
    ("a token", "top"),
    ("a pipe", "top"),
    ("each twice", "top"),
    ("a line in a comment", "nested"),
    ("links that are not there", "top"),
]


def refused(given: Any, build: Build, index: IndexServer, out: Path, store: Path, canary: Path) -> LambdaWheelsError:
    """The error of a build; what always holds is looked at."""
    with pytest.raises(LambdaWheelsError) as caught:
        build(given, output=out / "layer.zip")
    error = caught.value
    [line] = str(error).splitlines()
    assert line.isprintable()
    assert error.exit_code in {1, 2}, line
    assert "sesame" not in line
    assert not canary.exists(), line
    assert not any("sesame" in f"{request.path} {request.headers}".lower() for request in index.requests)
    assert list(out.iterdir()) == []
    assert set(stored_wheels(store)) <= {"needs-1.0-py3-none-any.whl"}  # which is sound, whatever stands beside it
    return error


def filled(text: str, index: IndexServer, sdist: Path, files: Path) -> str:
    """A line with what is there."""
    return text.format(url=index.file_url(sdist.name), path=sdist.as_uri(), root=index.root, files=files)


@pytest.mark.skipif(sys.platform == "win32", reason="programs of this test are shell scripts")
def test_requirement_files(
    build: Build, index: IndexServer, served: Path, sdist: Path, files: Path, out: Path, store: Path, canary: Path,
    at_length: bool, tried: Tried,
) -> None:  # fmt: skip
    """A line that would run, send, hide or never end, in a requirement file, in one that it includes or in a constraint
    file: one line says why not, no program runs, and nothing of the environment or of other files leaves."""
    make_wheel(served, "needs")
    (files / "outer.txt").write_text("-r r.txt\n")
    (files / "constraining.txt").write_text("-c r.txt\nneeds\nevil\n")
    start = {"top": "r.txt", "nested": "outer.txt", "constraint": "constraining.txt"}
    cases = [(name, how) for name in LINES for how in HOW if how != "constraint" or " @ " in LINES[name][0]]
    for name, how in cases if at_length else SAMPLE:
        text, rule = LINES[name]
        (files / "r.txt").write_text(filled(text, index, sdist, files), encoding="utf-8")
        error = refused(files / start[how], build, index, out, store, canary)
        assert error.problems[0].rule == rule, f"{name}, {how}: {error}"
        tried(1)


def test_files_that_were_named(
    build: Build, index: IndexServer, served: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of any name may be included where the user named it too, in any order, and one in a folder for those."""
    make_wheel(served, "needs")
    monkeypatch.chdir(tmp_path)
    for folder in ("requirements", "mine"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "base").write_text("needs\n")
    (tmp_path / "constraints").mkdir()
    (tmp_path / "constraints" / "prod").write_text("needs<2\n")
    (tmp_path / "a.txt").write_text("-r mine/base\n")
    (tmp_path / "b.txt").write_text("-r requirements/base\n-c constraints/prod\n")
    (tmp_path / "c.txt").write_text("-r requirements/.env\n")
    (tmp_path / "requirements" / ".env").write_text("needs\n")
    for number, given in enumerate(([Path("a.txt"), Path("mine/base")], Path("b.txt"))):
        build(given, output=out / f"{number}.zip")
    for given in ("a.txt", "c.txt"):
        with pytest.raises(LambdaWheelsError, match="unknown-file-kind"):
            build(Path(given), output=out / "refused.zip")


@pytest.mark.skipif(sys.platform == "win32", reason="programs of this test are shell scripts")
def test_dependencies(
    build: Build, index: IndexServer, served: Path, sdist: Path, files: Path, out: Path, store: Path, canary: Path,
    at_length: bool, tried: Tried,
) -> None:  # fmt: skip
    """The same in what a wheel requires, and a wheel of this disk that one from an index asks for."""
    local = make_wheel(files, "local")
    cases = {name: (f"evil @ {url}", rule) for name, (url, rule) in URLS.items()}
    cases["a wheel of this disk"] = (f"local @ {local.as_uri()}", "bad-requirement")
    cases["an option"] = ("evil --index-url http://127.0.0.1:1/", "wheel-metadata")
    cases["5,000 digits"] = (f"evil=={'9' * 5000}", "wheel-metadata")
    sample = ["a wheel of this disk", "5,000 digits"]
    for number, name in enumerate(cases if at_length else sample):
        text, rule = cases[name]
        make_wheel(served, f"bad{number}", requires=[filled(text, index, sdist, files)])
        error = refused(f"bad{number}", build, index, out, store, canary)
        assert error.problems[0].rule == rule, f"{name}: {error}"
        tried(1)


@pytest.mark.long
@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_lines(build: Build, served: Path, files: Path, out: Path, canary: Path, text: str) -> None:
    """What a requirement file may say, it may go on saying."""
    make_wheel(served, "needs")
    (files / "r.txt").write_text(text, encoding="utf-8")
    build(files / "r.txt", output=out / "layer.zip")
    assert not canary.exists()


LOCK = 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "evil"\nversion = "1.0"\n'
NAME = "evil-1.0-py3-none-any.whl"
SOURCES = {
    "git": ('vcs = { type = "git", url = "ssh://127.0.0.1:1/x", commit-id = "abc" }', "not-a-wheel"),
    "a folder": ('directory = { path = "../.." }', "not-a-wheel"),
    "an archive": (
        f'archive = {{ url = "http://127.0.0.1:1/evil.tar.gz", hashes = {{ sha256 = "{DIGEST}" }} }}',
        "not-a-wheel",
    ),
    "an sdist": (
        f'sdist = {{ url = "http://127.0.0.1:1/evil-1.0.tar.gz", hashes = {{ sha256 = "{DIGEST}" }} }}',
        "only-sdist",
    ),
    **{
        url: (f'wheels = [{{ name = "{NAME}", url = "{url}", hashes = {{ sha256 = "{DIGEST}" }} }}]', rule)
        for url, rule in {
            f"git+ssh://127.0.0.1:1/{NAME}": "bad-lock",
            f"ftp://127.0.0.1:1/{NAME}": "bad-lock",
            f"data:,/{NAME}": "bad-lock",
            f"http://alice:sesame@127.0.0.1:1/{NAME}": "url-credentials",
            f"http://127.0.0.1:1/{NAME} ; os_name": "bad-lock",
            f"http://[::1/{NAME}": "bad-lock",
        }.items()
    },
    "no digest": (
        f'wheels = [{{ name = "{NAME}", url = "http://127.0.0.1:1/{NAME}", hashes = {{ md5 = "0" }} }}]',
        "no-sha256",
    ),
    "5,000 digits": (f"size = {'9' * 5000}", "bad-lock"),
    "deep": (f"x = {'[' * 100_000}", "bad-lock"),
}


@pytest.mark.parametrize("case", SOURCES)
def test_locks(
    case: str, build: Build, index: IndexServer, out: Path, store: Path, canary: Path, tmp_path: Path
) -> None:
    """An entry of a lock that is no wheel, or lies where none is fetched from, is refused before anything starts."""
    (tmp_path / "pylock.toml").write_text(LOCK + SOURCES[case][0] + "\n")
    error = refused(tmp_path / "pylock.toml", build, index, out, store, canary)
    assert error.problems[0].rule == SOURCES[case][1], str(error)
    assert index.requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such devices")
@pytest.mark.parametrize("name", ["pylock.toml", NAME])
@pytest.mark.parametrize("device", ["/dev/zero", ""])
def test_no_plain_file(
    build: Build, index: IndexServer, out: Path, store: Path, canary: Path, tmp_path: Path, name: str, device: str
) -> None:
    """A lock or a wheel that is a pipe or a device, which may never end, is not opened."""
    if sys.platform == "win32":
        raise NotImplementedError
    if device:
        (tmp_path / name).symlink_to(device)
    else:
        os.mkfifo(tmp_path / name)
    error = refused(tmp_path / name, build, index, out, store, canary)
    assert error.problems[0].rule == "unknown-file-kind"


@pytest.mark.parametrize(
    "text",
    [
        f"needs=={'9' * 5000}",
        f"needs[{','.join(f'a{number}' for number in range(2000))}]",
        f"needs; {'(' * 3000}os_name=='posix'{')' * 3000}",
        "needs @ file:///tmp/%00/needs-1.0-py3-none-any.whl",
        "needs @ data:,needs-1.0-py3-none-any.whl",
    ],
    ids=["digits", "extras", "marker", "NUL", "data"],
)
def test_strings(text: str, build: Build, index: IndexServer, out: Path, store: Path, canary: Path) -> None:
    """A string that is a requirement in form only is refused before pip sees it."""
    assert refused(text, build, index, out, store, canary).exit_code == 2
