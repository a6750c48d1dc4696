"""The examples of the documentation are found and compared as they should be. (Reads the documentation.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.examples import ROOT, Step, help_words, output_fits, read_examples, steps

PAGE = """\
# Title

```sh
not run
```

<!-- file: requirements.txt -->

```text
idna
```

<!-- run: exit 1 -->
```console
$ first --long \\
  --line
shown
$ second
```
"""


def test_read_examples() -> None:
    """Only blocks after a comment are examples, each with its place."""
    file, run = read_examples(PAGE)
    assert (file.what, file.detail, file.text, file.line) == ("file", "requirements.txt", "idna\n", 7)
    assert (run.what, run.detail, run.language, run.line) == ("run", "exit 1", "console", 13)


def test_a_mark_without_a_block() -> None:
    """A comment that no block follows is not passed over in silence."""
    with pytest.raises(ValueError, match="1 blocks are marked, but 0 can be read"):
        read_examples("<!-- run -->\n\ntext\n\n```sh\nx\n```\n")


def test_steps() -> None:
    """A console block is split into commands and what is shown for each; a shell block has a command a line."""
    assert steps(read_examples(PAGE)[1]) == [
        Step(command="first --long   --line", output="shown\n"),
        Step(command="second", output=""),
    ]
    (shell,) = read_examples("<!-- run -->\n```sh\na\n\nb\n```\n")
    assert [step.command for step in steps(shell)] == ["a", "b"]
    (wrong,) = read_examples("<!-- run -->\n```console\na\n```\n")
    with pytest.raises(ValueError, match="begins with a command"):
        steps(wrong)


@pytest.mark.parametrize(
    ("shown", "real", "fits"),
    [
        pytest.param("", "anything", True, id="nothing-shown"),
        pytest.param("a\nb\n", "a\nb\n", True, id="equal"),
        pytest.param("a\n", "a\nb\n", False, id="more-was-said"),
        pytest.param("a …, 3\n", "a 1\n2, 3\n", True, id="ellipsis"),
        pytest.param("a.b", "axb", False, id="text-is-no-pattern"),
    ],
)
def test_output_fits(shown: str, real: str, fits: bool) -> None:
    """Shown output has to be the real one, but for what an ellipsis stands for."""
    assert output_fits(shown, real) is fits


def test_help_words() -> None:
    """Help texts of all Pythons are equal but for real differences."""
    old = "  -o PATH, --output PATH\n                a zip\n  -r {a,b}, --raw {a,b}"
    new = "  -o, --output PATH   a\n  zip\n  -r, --raw {a,b}"
    assert help_words(old) == help_words(new) != help_words(new.replace("zip", "file"))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.relative_to(ROOT).as_posix())
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    ],
)
def test_every_page_can_be_read(path: Path) -> None:
    """The marks of every page are well formed, so that the docs session misses none."""
    for example in read_examples(path.read_text(encoding="utf-8")):
        if example.language in {"console", "sh"}:
            assert steps(example)
        else:
            assert example.what == "file" or example.language == "python"
