"""Where the time of a locked build goes, step by step, each run in a process of its own. (Starts processes; prints.)"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.cases import CASES
from bench.tables import caches, with_lock

_STEPS = """
import json, sys, time
times = {}
last = time.perf_counter()
def done(step):
    global last
    now = time.perf_counter()
    times[step] = (now - last) * 1000
    last = time.perf_counter()
from pathlib import Path
lock, output, runtime, architecture = sys.argv[1:]
import lambda_wheels.cli.main, lambda_wheels.cli.build, lambda_wheels.resolution.locks
import lambda_wheels.cli.parser, lambda_wheels.cli.arguments
from lambda_wheels.audit import audit_wheel
from lambda_wheels.layers import compatibility, lay_out, write_zip
from lambda_wheels.resolution import find
from lambda_wheels.resolution.locks import locked_wheels, with_promises_held
from lambda_wheels.store import open_store
from lambda_wheels.targets import Target
done("importing lambda_wheels, packaging and the standard library")
lambda_wheels.cli.parser.make_parser()
done("making the parser of arguments")
target = Target(runtime, architecture)
with open_store() as store:
    resolution = locked_wheels(Path(lock), (), target)
    done("reading the lock, choosing for the target")
    found = find(resolution.wheels, store)
    done("hashing every wheel again, reading what is known of it")
    with_promises_held(resolution, found)
    stored = [found[wheel.sha256] for wheel in resolution.wheels]
    problems = [problem for one in stored for problem in audit_wheel(one.wheel, target)]
    done("holding them against the lock and the target")
    contents = lay_out(stored, target)
    done("laying out: paths, conflicts, RECORD, manifest, digest")
    write_zip(contents, Path(output))
    done("copying the streams, hashing the zip")
    compatibility(contents.wheels, target)
    done("computing what else it runs on")
print(json.dumps(times))
"""


def spent(folder: Path, rounds: int) -> None:
    """A table of the steps, medians."""
    (folder / "caches").mkdir(exist_ok=True)
    case = with_lock(CASES["scipy-locked"], folder)
    output = folder / "spent.zip"
    command = [sys.executable, "-c", _STEPS, str(case.lock), str(output), case.target.runtime, case.target.architecture]
    runs: dict[str, list[float]] = {}
    for _ in range(2 * rounds):
        output.unlink(missing_ok=True)
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        runs.setdefault("starting Python", []).append((time.perf_counter() - started) * 1000)
        answer = subprocess.check_output(command, env=caches(folder / "caches"), cwd=folder)
        for step, took in json.loads(answer).items():
            runs.setdefault(step, []).append(took)
    print("| step | ms |\n|---|---:|")
    medians = {step: statistics.median(times) for step, times in runs.items()}
    for step, took in medians.items():
        print(f"| {step} | {took:.1f} |")
    print(f"| together | {sum(medians.values()):.0f} |")
