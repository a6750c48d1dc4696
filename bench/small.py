"""Single figures: what a part of a build takes. (Starts processes.)"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.cases import CASES, Case
from bench.peers import peers, pip_target

_IMPORT = "import time; start = time.perf_counter(); import lambda_wheels; print(time.perf_counter() - start)"

_ASSEMBLE = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import lambda_wheels
from lambda_wheels.layers import lay_out, write_zip
from lambda_wheels.store import open_store
from bench.running import own_memory
requirements, runtime, architecture, output, rounds = json.loads(sys.argv[1])
layer = lambda_wheels.build_layer(requirements, runtime=runtime, architecture=architecture, output=output)
times = []
for _ in range(rounds):
    Path(output).unlink()  # cp, too, writes a new file
    started = time.perf_counter()
    with open_store() as store, ThreadPoolExecutor() as threads:
        stored = list(threads.map(lambda wheel: store.find(wheel.filename, wheel.sha256), layer.wheels))
        write_zip(lay_out(stored, layer.targets[0]), Path(output))
    times.append(time.perf_counter() - started)
print(json.dumps([times, own_memory()]))
"""


def import_time() -> float:
    """Milliseconds for ``import lambda_wheels`` in a fresh process, the median of eleven."""
    elsewhere = tempfile.gettempdir()  # what is installed, with its bytecode, and not the source in this folder
    times = [float(subprocess.check_output([sys.executable, "-c", _IMPORT], cwd=elsewhere)) for _ in range(11)]
    return statistics.median(times) * 1000


def beside_pip(folder: Path, rounds: int) -> float:
    """Milliseconds that building requests takes more than pip's own dry run of the same, medians in turns."""
    case = CASES["requests"]
    environment = {**os.environ, "LAMBDA_WHEELS_CACHE": str(folder / "beside-pip")}
    ours = peers(case)[0].steps[0](case)
    pips = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary=:all:"),
        *("--report", os.devnull, "--disable-pip-version-check", *pip_target(case)),
        *case.requirements,
    ]
    times: dict[str, list[float]] = {"ours": [], "pip": []}
    for _ in range(rounds + 1):
        for name, command in (("ours", ours), ("pip", pips)):
            started = time.perf_counter()
            subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - started)
    (folder / "layer.zip").unlink()
    return (statistics.median(times["ours"][1:]) - statistics.median(times["pip"][1:])) * 1000


def assembling(case: Case, folder: Path, rounds: int) -> tuple[float, float, float]:
    """From the store to a zip: milliseconds, those of ``cp`` of that zip, and our peak memory in MB."""
    output = folder / "assembled.zip"
    instructions = json.dumps([case.requirements, case.target.runtime, case.target.architecture, str(output), rounds])
    environment = {**os.environ, "LAMBDA_WHEELS_CACHE": str(folder / "assembling")}
    answer = subprocess.check_output([sys.executable, "-c", _ASSEMBLE, instructions], env=environment)
    times, memory = json.loads(answer)
    copies = []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run(["cp", str(output), str(folder / "copy.zip")], check=True)
        copies.append(time.perf_counter() - started)
        (folder / "copy.zip").unlink()
    return statistics.median(times) * 1000, statistics.median(copies) * 1000, memory / 1e6
