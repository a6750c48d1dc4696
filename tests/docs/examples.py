"""Run the documentation's examples, and hold its help texts against the command. (Starts processes; needs the index.)

``python -m tests.docs.examples [FILE …]`` runs those of the README and of every page. A comment before a fenced block
says what is done with it; blocks without one are only read by people.

``<!-- run -->``
    Run in a folder of the page's own, top to bottom. In a ``console`` block lines after ``$`` are commands and what
    follows is their output, of which ``…`` stands for anything; in a ``sh`` block every line is a command; a ``python``
    block is a script. A line ``export NAME=VALUE`` holds for all that follows on the page.
``<!-- run: exit 1 -->``
    The same, and the (last) command has to end with that code.
``<!-- run: in a copy of the source -->``
    The same, where ``pyproject.toml`` is.
``<!-- file: requirements.txt -->``
    The block is the content of that file.
``<!-- help -->``
    A command and its help, as they have to be, but for how lines are broken. ``--update`` writes them anew.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(
    r"^<!-- (?P<what>run|file|help)(: (?P<detail>[^\n]*?))? -->\n+```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A fenced block that something is done with."""

    what: str
    detail: str
    language: str
    text: str
    line: int
    """Where in the file the block's comment stands, from 1."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A command, and the output that the page shows for it."""

    command: str
    output: str


def read_examples(text: str) -> list[Example]:
    """The marked blocks of a page."""
    found = [
        Example(
            what=match["what"],
            detail=match["detail"] or "",
            language=match["language"],
            text=match["text"],
            line=text.count("\n", 0, match.start()) + 1,
        )
        for match in _BLOCK.finditer(text)
    ]
    marks = len(re.findall(r"^<!-- (?:run|file|help)\b", text, re.MULTILINE))
    if marks != len(found):
        raise ValueError(f"{marks} blocks are marked, but {len(found)} can be read")
    return found


def steps(example: Example) -> list[Step]:
    """The commands of a ``console`` or ``sh`` block, each with the output shown for it."""
    text = example.text.replace("\\\n", "")
    if example.language == "sh":
        return [Step(command=line, output="") for line in text.splitlines() if line.strip()]
    pieces = re.split(r"^\$ ", text, flags=re.MULTILINE)
    if pieces[0].strip():
        raise ValueError("a console block begins with a command")
    return [
        Step(command=command, output=output) for command, _, output in (piece.partition("\n") for piece in pieces[1:])
    ]


def output_fits(shown: str, real: str) -> bool:
    """Whether the real output is what is shown, where ``…`` is anything. Where nothing is shown, all output fits.

    Shown lines may be broken for the page. What a machine's own pip configuration makes the command say is left out.
    """
    if not shown.strip():
        return True
    lines = [line for line in real.splitlines() if not line.startswith("note: pip's configuration")]
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in re.split(r"\s*…\s*", shown.strip()))
    return re.fullmatch(pattern, " ".join(" ".join(lines).split()), re.DOTALL) is not None


def help_words(text: str) -> list[str]:
    """A help text without what differs between Pythons: its line breaks, and ``-o PATH, --output PATH`` before 3.13."""
    return re.sub(r"(-\w) (\S+), (--[\w-]+) \2(?!\S)", r"\1, \3 \2", " ".join(text.split())).split()


class Page:
    """A page whose examples are run, one after the other, in one folder."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",  # so that both streams come in their order
            "LAMBDA_WHEELS_CACHE": str(folder.parent / "cache"),  # shared by the pages of one run
        }

    def run(self) -> Iterator[str]:
        """Run every example; yields a text for each that is not as the page says."""
        text = self.path.read_text(encoding="utf-8")
        for example in read_examples(text):
            place = f"{self.path.relative_to(ROOT)}:{example.line}"
            sys.stdout.write(f"{place}: {example.what} {example.detail}\n")
            sys.stdout.flush()
            for complaint in self._example(example):
                yield f"{place}: {complaint}"

    def _example(self, example: Example) -> Iterator[str]:
        if example.what == "file":
            (self.folder / example.detail).write_text(example.text, encoding="utf-8")
        elif example.what == "help":
            for step in steps(example):
                if help_words(self._start(step.command, self.folder).stdout) != help_words(step.output):
                    yield f"{step.command} says something else; --update brings the page up to date"
        else:
            yield from self._run(example)

    def _run(self, example: Example) -> Iterator[str]:
        folder = self._source() if example.detail == "in a copy of the source" else self.folder
        wanted = int(example.detail.removeprefix("exit ")) if example.detail.startswith("exit ") else 0
        if example.language == "python":
            script = self.folder / f"example_{example.line}.py"
            script.write_text(example.text, encoding="utf-8")
            todo = [Step(command=f'python "{script}"', output="")]
        else:
            todo = steps(example)
        for step in todo:
            if step.command.startswith("export "):
                name, _, value = step.command.removeprefix("export ").partition("=")
                self.environment[name] = value
                continue
            answer = self._start(step.command, folder)
            expected = wanted if step is todo[-1] else 0
            if answer.returncode != expected:
                yield f"exit code {answer.returncode} instead of {expected}: {step.command}\n{answer.stdout}"
            elif not output_fits(step.output, answer.stdout):
                yield f"another output: {step.command}\n{answer.stdout}"

    def _start(self, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=600,
        )

    def _source(self) -> Path:
        copy = self.folder / "source"
        if not copy.exists():
            # Nothing hidden: neither git's folder nor the environment that we run in.
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "_build", "*.zip"))
        return copy

    def update_help(self) -> None:
        """Write the help texts of the page anew."""

        def renew(match: re.Match[str]) -> str:
            if match["what"] != "help":
                return match[0]
            commands = [step.command for step in steps(read_examples(match[0])[0])]
            texts = [f"$ {command}\n{self._start(command, self.folder).stdout}" for command in commands]
            return match[0].replace(match["text"], "\n".join(texts))

        text = self.path.read_text(encoding="utf-8")
        self.path.write_text(_BLOCK.sub(renew, text), encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Run the examples of the pages given, or of all; 1 if one is not as it should be."""
    update = "--update" in arguments
    names = [argument for argument in arguments if argument != "--update"]
    paths = [Path(name).resolve() for name in names] or [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    complaints: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        for number, path in enumerate(paths):
            folder = Path(temporary).resolve() / str(number)
            folder.mkdir()
            page = Page(path, folder)
            if update:
                page.update_help()
            else:
                complaints += page.run()
    for complaint in complaints:
        sys.stderr.write(f"{complaint}\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
