"""What a caller may write as a requirement, and what is refused before pip hears of it. (Pure, but for files.)"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lambda_wheels.errors import UsageError
from lambda_wheels.resolution.requirements import read_requirements
from tests.wheel_factory import make_wheel

WHEEL = "demo-1.0-py3-none-any.whl"


def problems_of(given: object) -> list[tuple[str, str]]:
    """Rule and text of each problem that ``given`` has."""
    with pytest.raises(UsageError) as caught:
        read_requirements(given)  # type: ignore[arg-type]
    lines = str(caught.value).split("\n")
    assert len(lines) == len(caught.value.problems)  # one line each
    assert all(line.isprintable() for line in lines)
    return [(problem.rule, line) for problem, line in zip(caught.value.problems, lines, strict=True)]


@pytest.mark.parametrize(
    "text",
    [
        "demo",
        "demo>=1.4,<2",
        "demo[speed,extra]==1.0",
        'demo; python_version < "3.13" and platform_machine == "aarch64"',
        f"demo @ https://example.org/{WHEEL}",
        f"demo@https://example.org/{WHEEL}",
        f"demo[speed] @ http://example.org/a/{WHEEL}?token=x#sha256={'0' * 64}",
        f"demo @ file:///wheels/{WHEEL}",
        f'demo @ https://example.org/{WHEEL} ; python_version > "3"',
        "De.Mo_x",
        "  demo  ",
        'demo; python_version in "' + "3.13 " * 200 + '"',
    ],
)
def test_good_string(text: str) -> None:
    """A requirement as PEP 508 has it is taken as it is, but for spaces around it."""
    assert read_requirements(text).strings == (text.strip(),)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("--index-url=https://example.org", "bad-requirement", id="option"),
        pytest.param("-r requirements", "bad-requirement", id="short option"),
        pytest.param("  -e .", "bad-requirement", id="option after spaces"),
        pytest.param("-e .", "bad-requirement", id="editable"),
        pytest.param("demo==1 --index-url https://example.org", "bad-requirement", id="option behind"),
        pytest.param("demo==1 --hash=sha256:00", "bad-requirement", id="hash behind"),
        pytest.param("demo\n--index-url https://example.org", "bad-requirement", id="line break"),
        pytest.param("demo\r--pre", "bad-requirement", id="carriage return"),
        pytest.param("demo\u2028--pre", "bad-requirement", id="line separator"),
        pytest.param("demo\x00", "bad-requirement", id="NUL"),
        pytest.param("demo\x1b[2J", "bad-requirement", id="escape sequence"),
        pytest.param("demo\u202eomed", "bad-requirement", id="bidirectional override"),
        pytest.param("demo\udc80", "bad-requirement", id="lone surrogate"),
        pytest.param("d\u0435mo", "bad-requirement", id="Cyrillic letter"),
        pytest.param("\uff44emo", "bad-requirement", id="full-width letter"),
        pytest.param("requ\u0131ests", "bad-requirement", id="dotless i"),
        pytest.param("", "bad-requirement", id="empty"),
        pytest.param("   ", "bad-requirement", id="spaces"),
        pytest.param(".", "bad-requirement", id="this folder"),
        pytest.param("demo=1.0", "bad-requirement", id="one equals sign"),
        pytest.param("demo ; python_version", "bad-requirement", id="half a marker"),
        pytest.param("# comment", "bad-requirement", id="comment"),
        pytest.param("demo @ ", "bad-requirement", id="no URL"),
        pytest.param("https://example.org/" + WHEEL, "bad-requirement", id="URL without a name"),
        pytest.param("git+https://example.org/demo.git", "bad-requirement", id="repository without a name"),
        pytest.param("requirements.txt", "string-for-path", id="requirement file"),
        pytest.param("-requirements.txt", "bad-requirement", id="file like an option"),
        pytest.param("Requirements.TXT", "string-for-path", id="requirement file in capitals"),
        pytest.param("pylock.toml", "string-for-path", id="lock"),
        pytest.param(WHEEL, "string-for-path", id="wheel"),
        pytest.param("dist/" + WHEEL, "string-for-path", id="wheel in a folder"),
        pytest.param("demo-1.0.tar.gz", "string-for-path", id="sdist"),
        pytest.param("demo @ https://example.org/demo-1.0.tar.gz", "not-a-wheel", id="URL of an sdist"),
        pytest.param("demo@https://example.org/demo-1.0.tar.gz", "not-a-wheel", id="URL of an sdist without spaces"),
        pytest.param("demo @ https://example.org/demo-1.0.zip", "not-a-wheel", id="URL of a zip"),
        pytest.param("demo @ file:///src/demo", "not-a-wheel", id="folder"),
        pytest.param("demo @ git+https://example.org/demo.git@main", "not-a-wheel", id="git"),
        pytest.param(f"demo @ git+https://example.org/{WHEEL}", "not-a-wheel", id="git like a wheel"),
        pytest.param("demo @ hg+ssh://hg@example.org/demo", "url-credentials", id="hg with a user"),
        pytest.param(f"demo @ ftp://example.org/{WHEEL}", "not-a-wheel", id="ftp"),
        pytest.param(f"demo @ https://user:sesame@example.org/{WHEEL}", "url-credentials", id="password"),
        pytest.param(f"demo @ https://sesame@example.org/{WHEEL}", "url-credentials", id="user"),
        pytest.param(f"demo @ https://[sesame/{WHEEL}", "bad-requirement", id="malformed URL"),
        pytest.param(f"other @ https://example.org/{WHEEL}", "bad-requirement", id="wheel of another project"),
        pytest.param("demo @ https://example.org/demo.whl", "wheel-filename", id="not a wheel's name"),
    ],
)
def test_bad_string(text: str, rule: str) -> None:
    """A string that hides something, or means something else than a project, is refused in one line without secrets."""
    [(found, line)] = problems_of(text)
    assert found == rule
    assert "sesame" not in line


@pytest.mark.parametrize(
    "text",
    [
        "https://alice:sesame@example.org/demo-1.0.tar.gz",
        "demo @ https://alice:sesame@example.org/demo-1.0.tar.gz",
        "demo @ https://alice:ses ame@example.org/demo-1.0.tar.gz",
        "demo @ https://alice:ses'ame@example.org/demo-1.0.tar.gz --pre",
        "demo @ https://example.org/demo-1.0.tar.gz?token=sesame",
        "demo\n--index-url https://alice:sesame@example.org",
        "--extra-index-url=https://alice:sesame@example.org/simple",
        "--proxy=alice:sesame@example.org:80",
    ],
)
def test_bad_string_hides_secrets(text: str) -> None:
    """What is shown of a refused string holds no user, password or query."""
    [(_, line)] = problems_of(text)
    assert "ses" not in line
    assert "alice" not in line


def test_string_that_names_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A string that names a file of the working directory is refused, one that names a folder there is a project."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").write_text("")
    (tmp_path / "other").mkdir()
    [(rule, line)] = problems_of("demo")
    assert rule == "string-for-path"
    assert "Path('demo')" in line
    assert read_requirements("other").strings == ("other",)
    assert problems_of("./other")[0][0] == "string-for-path"


def test_paths_by_kind(tmp_path: Path) -> None:
    """Paths are requirement files or wheels, made absolute, in the order given; strings go with them."""
    wheel = make_wheel(tmp_path)
    first, second = tmp_path / "b.txt", tmp_path / "a.in"
    for path in (first, second):
        path.write_text("demo\n")
    found = read_requirements([first, "demo", wheel, second])
    assert (found.strings, found.files, found.wheels) == (("demo",), (first, second), (wheel,))
    assert read_requirements(wheel).wheels == (wheel,)


def test_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is made absolute, since a build may outlive the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("r.txt").write_text("demo\n")
    assert read_requirements(Path("r.txt")).files == (tmp_path / "r.txt",)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("missing.txt", "no-such-file"),
        ("missing.whl", "no-such-file"),
        ("folder", "not-a-wheel"),
        ("demo-1.0.tar.gz", "not-a-wheel"),
        ("demo-1.0.zip", "not-a-wheel"),
        ("demo.whl", "wheel-filename"),
        ("pyproject.toml", "unknown-file-kind"),
    ],
)
def test_bad_path(tmp_path: Path, name: str, rule: str) -> None:
    """A path to something other than a requirement file or a wheel is refused."""
    (tmp_path / "folder").mkdir()
    for existing in ("demo-1.0.tar.gz", "demo-1.0.zip", "demo.whl", "pyproject.toml"):
        (tmp_path / existing).write_bytes(b"")
    [(found, line)] = problems_of(tmp_path / name)
    assert found == rule
    assert name in line


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """All problems are collected, those of the options' files too."""
    with pytest.raises(UsageError) as caught:
        read_requirements(["--pre", tmp_path / "a.txt", "b.txt"], [tmp_path / "constraints.txt"])
    assert [problem.rule for problem in caught.value.problems] == [
        "bad-requirement",
        "no-such-file",
        "string-for-path",
        "no-such-file",
    ]


def test_a_browsers_copy(tmp_path: Path) -> None:
    """What a browser adds to the name of a second copy is no part of a wheel's name."""
    copy = tmp_path / "demo-1.0-py3-none-any (1).whl"
    copy.touch()
    [(rule, line)] = problems_of(copy)
    assert rule == "wheel-filename"
    assert "give it the name that its builder gave it" in line


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are UTF-8")
def test_folder_that_is_not_utf_8(tmp_path: Path) -> None:
    """A wheel that cannot be found by its URL, for the name of its folder, is named, and what to do."""
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    wheel = make_wheel(folder)
    [(rule, line)] = problems_of(wheel)
    assert rule == "wheel-unreadable"
    assert wheel.name in line and "rename the folder" in line


def test_nothing_given() -> None:
    """An empty list is no requirement."""
    assert [rule for rule, _ in problems_of([])] == ["no-requirement"]


def test_other_type() -> None:
    """What is neither a string nor a path is a programmer's error."""
    with pytest.raises(TypeError, match="neither"):
        read_requirements([1])  # type: ignore[list-item]
