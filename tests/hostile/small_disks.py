"""Builds on real file systems that are full, read-only or without programs; for a process that may mount. (Mounts.)

``unshare --map-root-user --mount python -m tests.hostile.small_disks KIND PLACE STEP LOCK BASE`` prints a line for
each case: the exit code, or what did not hold.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lambda_wheels.cli.main import main as command
from tests.loopback import left_behind, snapshot

LARGEST = 96
"""KiB of a disk on which everything has room; what is made here needs about a third."""


def mount(place: Path, options: str, *, again: bool = False) -> None:
    """A small file system in memory at ``place``, or other options for the one that is there."""
    options = f"remount,{options}" if again else options
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(place)], check=True)


def run(arguments: list[str], words: Path) -> int:
    """The command in a process of its own; its exit code."""
    if sys.platform == "win32":
        raise NotImplementedError
    if process := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    code = 99
    try:
        file = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        code = command(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def cases(kind: str, step: int) -> Iterator[tuple[str, str]]:
    """The options of the mount while the command runs, and those of later, when it has to succeed."""
    if kind == "full":
        for size in range(4, LARGEST, step):
            yield f"size={size}k", "size=4m"
    else:
        yield {"read-only": "ro", "no programs": "noexec,nosuid,nodev"}[kind], "rw"


def tried(kind: str, place: str, options: tuple[str, str], arguments: list[str], base: Path) -> list[str]:
    """What did not hold with such a disk at ``place``, else the exit code."""
    folders = {name: base / name for name in ("store", "out", "tmp")}
    output = folders["out"] / "layer.zip"
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    os.environ["LAMBDA_WHEELS_CACHE"] = str(folders["store"]) if place != "tmp" else os.devnull
    tempfile.tempdir = str(folders["tmp"])
    wrong = []
    mount(folders[place], "size=4m")
    try:
        if place == "out":
            output.write_bytes(b"old")
        old = snapshot(folders["out"])
        mount(folders[place], options[0], again=True)
        words = base / "words"
        code = run([*arguments, "-o", str(output)], words)
        said = words.read_text()
        if code not in (0, 3):
            wrong.append(f"exit code {code}")
        if code == 3 and not any(line.startswith("error[") for line in said.splitlines()):
            wrong.append("nothing is said")
        if "Traceback" in said:
            wrong.append("Python speaks")
        if code and snapshot(folders["out"]) != old:
            wrong.append("the output is not the old one")
        if kind != "full" and (code == 0) != ((kind, place) in GONE_ROUND):
            wrong.append(f"exit code {code} where it is {kind}")
        if left := [*left_behind(*folders.values()), *map(str, folders["tmp"].iterdir())]:
            wrong.append(f"left behind: {left}")
        mount(folders[place], options[1], again=True)
        verified = run(["cache", "verify"], words)
        if place != "tmp" and verified:
            wrong.append(f"the store is damaged: {words.read_text()}")
        if run([*arguments, "-o", str(output)], words):
            wrong.append(f"the next run fails: {words.read_text()}")
        return [f"{one} ({said.strip()})" for one in wrong] or [str(code)]
    finally:
        subprocess.run(["umount", "--lazy", str(folders[place])], check=True)
        for folder in folders.values():
            shutil.rmtree(folder)


GONE_ROUND = {("read-only", "store"), ("no programs", "store"), ("no programs", "out"), ("no programs", "tmp")}
"""What does not keep a layer from being built."""


def main(kind: str, place: str, step: str, lock: str, base: str) -> None:
    """Try everything."""
    arguments = ["build", "-r", lock, "--runtime=python3.13", "--architecture=arm64", "--no-index"]
    for options in cases(kind, int(step)):
        print("; ".join(tried(kind, place, options, arguments, Path(base))).replace("\n", " "), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
