"""Hold verdicts about machine code against reality: popular projects, built for four targets. (``nox -s verdicts``)

Each project is built with all that it needs. What is refused is built again with the findings allowed, and what was
built is imported where this machine can: natively, or for arm64 under ``qemu-aarch64`` with a root folder that is
given. A machine has more libraries than Lambda, so that one which Lambda lacks may be found here: about these an import
proves nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from lambda_wheels import CannotBuildError, ResolutionError, SurroundingsError, Target, build_layer
from lambda_wheels.imports import import_layer
from lambda_wheels.rules import RULES

PROJECTS = """
aiohttp argon2-cffi asyncpg av bcrypt blosc2 boto3 brotli cffi clarabel confluent-kafka contourpy coverage cramjam
cryptography curl-cffi cython ddtrace debugpy duckdb faiss-cpu fastavro fiona fonttools gevent google-crc32c greenlet
grpcio h5py hiredis highspy httptools imageio-ffmpeg jiter kiwisolver levenshtein lief lightgbm llvmlite lxml lz4
matplotlib mmh3 msgpack mysqlclient netcdf4 newrelic nh3 numba numpy onnxruntime opencv-python opencv-python-headless
oracledb orjson ortools pandas pikepdf pillow playwright polars protobuf psutil psycopg2-binary psycopg-binary pyarrow
pybase64 pycryptodome pydantic pymongo pymssql pymupdf pynacl pyodbc pypdfium2 pyproj pyyaml pyzmq rapidfuzz rasterio
regex rpds-py ruamel.yaml.clib safetensors scikit-learn scipy selectolax sentencepiece setproctitle shapely soundfile
sqlalchemy statsmodels tables tiktoken tokenizers tree-sitter ujson uvloop watchfiles websockets wrapt xgboost xxhash
yarl zstandard
""".split()
TARGETS = (
    Target("python3.11", "x86_64"),
    Target("python3.11", "arm64"),
    Target("python3.13", "x86_64"),
    Target("python3.13", "arm64"),
)
"""Both images, both machines."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was said of a project on a target, and what came of trying it."""

    project: str
    target: str
    said: tuple[str, ...]
    """The rules by which it was refused; empty where nothing was found."""
    words: tuple[str, ...]
    """The findings, as they are printed."""
    imported: bool | None
    """Whether everything could be imported here; None where it was not tried."""
    why: tuple[str, ...] = ()
    """Why it could not, or why it was not tried."""

    @property
    def kind(self) -> str:
        """The row of the table in which it counts."""
        if self.said and self.imported is None:
            return "no such layer"
        if self.said:
            return "refused, and the import failed" if not self.imported else "refused, and imported here"
        if self.imported is None:
            return "passed, not tried"
        return "passed, and imported" if self.imported else "passed, and the import failed"


def main() -> int:
    """Judge what is asked for, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.verdicts", description=__doc__)
    parser.add_argument("--project", action="append", help="only this project (repeatable)")
    parser.add_argument(
        "--root", action="append", default=[], metavar="RUNTIME=FOLDER", help="a root folder for arm64 (repeatable)"
    )
    parser.add_argument("--keep", type=Path, help="a file for the verdicts: what it has already is not judged again")
    options = parser.parse_args()
    roots = {runtime: Path(folder) for runtime, _, folder in (root.partition("=") for root in options.root)}
    kept = _kept(options.keep)
    pairs = [(project, target) for project in options.project or PROJECTS for target in TARGETS]
    with ThreadPoolExecutor(2) as pool:
        missing = [pair for pair in pairs if (pair[0], str(pair[1])) not in kept]
        for verdict in pool.map(lambda pair: judge(*pair, roots), missing):
            kept[verdict.project, verdict.target] = verdict
            print(f"{verdict.project} for {verdict.target}: {verdict.kind}", file=sys.stderr, flush=True)
            if options.keep:
                options.keep.write_text(json.dumps([asdict(one) for one in kept.values()], indent=1), encoding="utf-8")
    verdicts = [kept[project, str(target)] for project, target in pairs]
    for line in (*table(verdicts), "", *details(verdicts)):
        print(line)
    return 0


def _kept(path: Path | None) -> dict[tuple[str, str], Verdict]:
    rows = json.loads(path.read_text(encoding="utf-8")) if path and path.exists() else []
    return {(row["project"], row["target"]): Verdict(**row) for row in rows}


def judge(project: str, target: Target, roots: Mapping[str, Path]) -> Verdict:
    """Build a layer of ``project``, and import it."""
    said: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    allow: list[str] = []
    with tempfile.TemporaryDirectory(prefix="lambda-wheels-verdicts-") as folder:
        tree = Path(folder, "layer")
        while True:
            try:
                build_layer(project, runtime=target.runtime, architecture=target.architecture, output=tree, allow=allow)
                break
            except CannotBuildError as error:
                rules = tuple(dict.fromkeys(problem.rule for problem in error.problems))
                said, words = said or rules, words or tuple(map(str, error.problems))
                waivable = all(RULES[problem.rule].waivable for problem in error.problems)
                wanted = {f"{problem.rule}:{problem.project}" for problem in error.problems} - set(allow)
                if isinstance(error, ResolutionError) or not waivable or not wanted:
                    return Verdict(project=project, target=str(target), said=said, words=words, imported=None)
                allow += sorted(wanted)
            except SurroundingsError as error:
                sys.exit(str(error))
        try:
            failed = import_layer(
                tree, target, root=roots.get(target.runtime) if target.architecture == "arm64" else None
            )
        except SurroundingsError as error:
            return Verdict(
                project=project,
                target=str(target),
                said=said,
                words=words,
                imported=None,
                why=tuple(map(str, error.problems)),
            )
    return Verdict(
        project=project,
        target=str(target),
        said=said,
        words=words,
        imported=not failed,
        why=tuple(f"{problem.member}: {problem.message}" for problem in failed),
    )


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """How many there are of each kind, for each target."""
    counts = Counter((verdict.kind, verdict.target) for verdict in verdicts)
    yield f"| of {len({verdict.project for verdict in verdicts})} projects | {' | '.join(map(str, TARGETS))} |"
    yield f"|---|{'---:|' * len(TARGETS)}"
    for kind in sorted({verdict.kind for verdict in verdicts}):
        yield f"| {kind} | {' | '.join(str(counts[kind, str(target)]) for target in TARGETS)} |"


def details(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """All that is not simply passed and imported."""
    for verdict in verdicts:
        if verdict.said or not verdict.imported:
            yield f"- {verdict.project} for {verdict.target}: {verdict.kind}: {', '.join(verdict.said) or '-'}"
            yield from (f"    - {line}" for line in (*verdict.words, *verdict.why))


if __name__ == "__main__":
    sys.exit(main())
