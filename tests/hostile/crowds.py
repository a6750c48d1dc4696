"""Many processes that begin at one moment: what each is to do, and what each says it did. (Starts processes.)"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

PATIENCE: Final = 600.0
"""Seconds in which any crowd has long ended, also on a slow machine: one that has not waits for itself."""

_PROGRAM: Final = """
import hashlib, json, logging, sys, threading
from pathlib import Path
import lambda_wheels
from lambda_wheels.store import Store, default_folder
lambda_wheels.LambdaWheelsError, lambda_wheels.build_layer, lambda_wheels.fetch_wheels, lambda_wheels.lock

words = []
class Words(logging.Handler):
    def emit(self, record):
        words.append(record.getMessage())
logging.getLogger("lambda_wheels").addHandler(Words(logging.WARNING))

def given(task):
    return [Path(one[5:]) if one.startswith("path:") else one for one in task["requirements"]]

def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(folder).iterdir())}

def do(task):
    if task["act"] == "build":
        layer = lambda_wheels.build_layer(given(task), **task["options"])
        return [[layer.content_sha256, layer.sha256], [str(warning) for warning in layer.warnings]]
    if task["act"] == "fetch":
        wheels = lambda_wheels.fetch_wheels(given(task), **task["options"])
        return [{wheel.filename: wheel.sha256 for wheel in wheels}, []]
    if task["act"] == "lock":
        return [str(lambda_wheels.lock(given(task), **task["options"]).path), []]
    ended.clear()
    threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
    rounds, found = 0, []
    while not ended.wait(task.get("pause", 0.0)):
        store = Store(default_folder())
        if task["act"] == "verify":
            found += [str(problem) for problem in store.verify()]
        elif task["act"] == "clear":
            store.clear()
        else:
            store.info()
        rounds += 1
    return [rounds, found]

ended = threading.Event()
tasks = json.loads(sys.stdin.readline())
print("ready", flush=True)
sys.stdin.readline()
answers = [None] * len(tasks)
def run(number):
    try:
        result, problems = do(tasks[number])
        answers[number] = {"result": result, "problems": problems, "error": ""}
    except lambda_wheels.LambdaWheelsError as error:
        answers[number] = {"result": None, "problems": [], "error": str(error)}
threads = [threading.Thread(target=run, args=(number,)) for number in range(len(tasks))]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps([words, answers]))
"""

Task = Mapping[str, Any]


def build(requirements: Iterable[str | Path], output: Path, **options: Any) -> Task:
    """A layer is to be built."""
    return _task("build", requirements, output, options)


def fetch(requirements: Iterable[str | Path], output: Path, **options: Any) -> Task:
    """Wheels are to be put into a folder."""
    return _task("fetch", requirements, output, options)


def lock(requirements: Iterable[str | Path], output: Path, **options: Any) -> Task:
    """A lock is to be written."""
    return _task("lock", requirements, output, options)


def over_and_over(act: str, pause: float = 0.0) -> Task:
    """``verify``, ``clear`` or ``info`` of the store, until all that build have ended."""
    return {"act": act, "pause": pause}


def _task(act: str, requirements: Iterable[str | Path], output: Path, options: Mapping[str, Any]) -> Task:
    given = [f"path:{one}" if isinstance(one, Path) else one for one in requirements]
    return {"act": act, "requirements": given, "options": {**options, "output": str(output)}}


class Member:
    """One process, which does one thing, or several in as many threads."""

    def __init__(self, tasks: Iterable[Task], environment: Mapping[str, str] | None = None) -> None:
        self.tasks = list(tasks)
        self.rounds = all("options" not in task for task in self.tasks)
        """Whether it goes on until it is told to end."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._say(json.dumps(self.tasks))

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def wait_until_ready(self) -> None:
        """It has imported everything, and waits."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def begin(self) -> None:
        """It does its tasks from now on."""
        self._say("go")

    def answers(self, end: float) -> list[dict[str, Any]]:
        """What came of each task, without an error, a traceback or a word of warning.

        :param end: when it has to be there, in monotonic seconds.
        """
        said, errors = self.process.communicate("end\n" if self.rounds else None, timeout=end - time.monotonic())
        assert (self.process.returncode, errors) == (0, "")
        words, answers = json.loads(said.splitlines()[-1])
        assert words == []
        assert [answer["error"] for answer in answers] == [""] * len(answers)
        assert [answer["problems"] for answer in answers] == [[]] * len(answers)
        assert isinstance(answers, list)
        return answers


@contextlib.contextmanager
def begun(members: Iterable[Iterable[Task]], environment: Mapping[str, str] | None = None) -> Iterator[list[Member]]:
    """All of them, ready and then told to begin at one moment; none is left behind."""
    crowd: list[Member] = []
    try:
        crowd += [Member(tasks, environment) for tasks in members]
        for member in crowd:
            member.wait_until_ready()
        for member in crowd:
            member.begin()
        yield crowd
    finally:
        for member in crowd:
            member.process.kill()
        for member in crowd:
            with member.process:
                pass


def results(crowd: Iterable[Member]) -> list[list[Any]]:
    """What each of a crowd has made, once all that come to an end have, and the others were told to."""
    crowd = list(crowd)
    end = time.monotonic() + PATIENCE
    found = {
        member: member.answers(end) for member in sorted(crowd, key=lambda member: member.rounds)
    }  # those that go on are told to end when the others have
    return [[answer["result"] for answer in found[member]] for member in crowd]
