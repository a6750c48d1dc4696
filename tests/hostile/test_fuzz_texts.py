"""Reports, events, locks, manifests, notes of the store and what a user types, changed at random: ours to refuse."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
import tomli_w

from lambda_wheels.aws.arns import LayerVersionArn, is_function_name, is_layer_name, qualifier_of, read_layer
from lambda_wheels.aws.marks import described, digest_in, publisher_in, words_of
from lambda_wheels.aws.sharing import Grant
from lambda_wheels.errors import LambdaWheelsError
from lambda_wheels.layers.inside import read_inside
from lambda_wheels.layers.manifest import manifest_path, parse_manifest
from lambda_wheels.looking import look
from lambda_wheels.problems import Problem
from lambda_wheels.progress import silent
from lambda_wheels.resolution import resolve as resolving
from lambda_wheels.resolution.child import PipRun
from lambda_wheels.resolution.extras import unknown_extras
from lambda_wheels.resolution.failures import failure
from lambda_wheels.resolution.index_failures import failed_files, failed_pages
from lambda_wheels.resolution.lock_file import read_lock
from lambda_wheels.resolution.lock_making import cooldown_of
from lambda_wheels.resolution.locked import select
from lambda_wheels.resolution.requirements import read_requirements
from lambda_wheels.store.facts import decode, encode
from lambda_wheels.store.packs import find_pack, write_pack
from lambda_wheels.targets import Target
from lambda_wheels.waivers import Waivers
from lambda_wheels.wheels import read_wheel
from lambda_wheels.wheels.core_metadata import read_metadata
from lambda_wheels.wheels.entry_points import read_entry_points
from lambda_wheels.wheels.filename import read_filename
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.record import read_record
from lambda_wheels.wheels.wheel_file import check_wheel_file
from tests.conftest import Tried
from tests.forged_zip import forge
from tests.hostile.archives import CONTENTS, DIST_INFO, FILENAME, entries_of, odd_lines, plain
from tests.hostile.fuzzing import fuzz
from tests.hostile.mutations import changed_texts, changed_value, mutated, odd_text
from tests.resolution.locks import as_dict, entry, wheel
from tests.wheel_factory import record, record_rows

TARGET = Target("python3.13", "arm64")
OTHERS_LOCKS = Path(__file__).parents[1] / "resolution" / "locks_of_others"
CHUNKS = [pytest.param(chunk, marks=[pytest.mark.long] if chunk else []) for chunk in range(4)]


# --- What pip answers ------------------------------------------------------------------------------------------------


def _item(filename: str, name: str, version: str, **metadata: Any) -> dict[str, Any]:
    return {
        "download_info": {
            "url": f"https://files.example.org/{filename}",
            "archive_info": {"hash": f"sha256={64 * 'a'}", "hashes": {"sha256": 64 * "a"}},
        },
        "is_direct": False,
        "is_yanked": False,
        "requested": True,
        "metadata": {"metadata_version": "2.1", "name": name, "version": version, **metadata},
    }


REPORT: Mapping[str, Any] = {
    "version": "1",
    "pip_version": "26.3",
    "install": [
        _item("needs-2.0-cp313-cp313-manylinux_2_28_aarch64.whl", "Needs", "2.0", requires_python=">=3.9"),
        _item("demo-1.0-py3-none-any.whl", "demo", "1.0", requires_dist=["needs>=2"], provides_extra=["Fast_IO"]),
    ],
    "environment": dict(TARGET.marker_environment),
}
_FILES = [["needs-3.0-cp313-cp313-win32.whl", "platform_mismatch", ">=3.9", False, "2024-01-01T00:00:00Z"],
    ["needs-2.1.tar.gz", "candidate", "", False, ""],
    ["needs-2.5-py3-none-any.whl", "candidate", ">=4", True, ""]]  # fmt: skip
_NEED = {"project": "needs", "specifier": ">=3", "extras": ["x"]}
EVENTS: list[dict[str, Any]] = [
    {"event": "configuration", "dropped": ["platform"], "constraint": "https://h/c.txt"},
    {"event": "cooldown", "until": "2024-01-01T00:00:00Z"},
    {"event": "places", "arguments": ["--index-url", "https://h/simple"]},
    {"event": "prereleases", "allowed": ["demo"]},
    {"event": "page", "url": "https://h/simple/demo/", "status": 200, "error": "", "detail": "", "find_links": False,
     "read": True, "listing": True},
    {"event": "prepare", "url": "https://files.example.org/demo-1.0-py3-none-any.whl", "page": "https://h/simple/demo/"},
    {"event": "withdrawn", "filename": "demo-1.0-py3-none-any.whl"},
    {"event": "requirement", "name": "demo", "specifier": ">=1", "url": "", "extras": ["fast-io"],
     "marker": "python_version > '3'", "constraint": False},
    {"event": "requirement", "name": "needs", "specifier": "<9", "url": "", "extras": [], "marker": "",
     "constraint": True},
    {"event": "newer", "files": {"needs": _FILES}, "needed": {"needs": _FILES},
     "dropped": [{"project": "demo", "version": "2.0", "extras": [], "python": ">=3.9", "needs": [_NEED]}]},
]  # fmt: skip
_CAUSE = {"project": "needs", "specifier": ">=3", "requirement": "needs>=3", "parent": "demo 1.0", "python": False}
FAILED: list[dict[str, Any]] = [
    {"event": "page", "url": "https://h/simple/demo/", "status": 404, "error": "", "detail": "", "find_links": False,
     "read": False, "listing": False},
    {"event": "request", "url": "https://h/x.whl", "status": 503, "error": "RetryError",
     "detail": "too many 503 error responses"},
    {"event": "program", "name": "git"},
    {"event": "refused", "rule": "not-a-wheel", "subject": "x.tar.gz", "where": "line 1"},
    {"event": "failed", "class": "DistributionNotFound", "ancestors": ["DistributionNotFound", "InstallationError"],
     "message": "no", "requirement": "demo", "causes": [_CAUSE, {**_CAUSE, "parent": "", "python": True}],
     "files": {"needs": _FILES, "demo": []}},
]  # fmt: skip


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_reports_of_pip(
    tmp_path: Path, chunk: int, at_length: bool, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pip's report with other bytes, types or texts, and events that quote odd ones: a resolution, or our error."""
    monkeypatch.setattr(resolving, "run_pip", lambda *_, **__: PipRun(code=0, events=tuple(case[1]), words=""))
    case: tuple[bytes, list[dict[str, Any]]] = (b"", [])

    def make(random: Random) -> tuple[bytes, list[dict[str, Any]]]:
        events = changed_texts(random, EVENTS) if random.random() < 0.4 else copy.deepcopy(EVENTS)
        match random.randrange(4):
            case 0:
                return mutated(random, json.dumps(REPORT).encode()), events
            case 1:
                return json.dumps(changed_texts(random, REPORT)).encode(), events
            case 2:
                return _doubled(random, json.dumps(REPORT)).encode(), events
            case _:
                return json.dumps(changed_value(random, REPORT)).encode(), events

    def hold(given: tuple[bytes, list[dict[str, Any]]]) -> list[Problem]:
        nonlocal case
        case = given
        (tmp_path / "report.json").write_bytes(given[0])
        wanted = read_requirements(["demo"])
        resolution = resolving.resolve(wanted, TARGET, {}, scratch=tmp_path, stored="", progress=silent)
        return [*resolution.problems, *unknown_extras(resolution.asked or (), [], TARGET)]

    tried(fuzz(f"report-{chunk}", 8_000 if at_length else 150, make, hold))


@pytest.mark.hostile("Fuzz")
def test_failures_of_pip(at_length: bool, tried: Tried) -> None:
    """Failures that quote odd names, versions, markers and servers' words: our error, a line for each."""

    def make(random: Random) -> tuple[int, list[dict[str, Any]]]:
        events = random.sample(FAILED, random.randint(1, len(FAILED)))
        return random.randrange(4), [
            {**one, "event": original["event"], **({"rule": original["rule"]} if "rule" in original else {})}
            for one, original in zip(changed_texts(random, events), events, strict=True)
        ]

    def hold(case: tuple[int, list[dict[str, Any]]]) -> list[Problem]:
        run = PipRun(code=case[0], events=tuple(case[1]), words="ERROR: x\n")
        return [*failed_pages(case[1]), *failed_files(case[1]), *failure(run, TARGET).problems]

    tried(fuzz("failures", 12_000 if at_length else 150, make, hold))


def _doubled(random: Random, text: str) -> str:
    """JSON in which a key stands twice, is nested deeply, or a number is too long for an integer."""
    place = random.choice([place for place, character in enumerate(text) if character in "{[,:"]) + 1
    deep = random.choice((500, 5_000, 100_000))
    more = random.choice(
        ('"version": "1",', "[" * deep + "]" * deep, '{"a":' * deep + "1" + "}" * deep, "9" * 5_000, "NaN")
    )
    return text[:place] + more + (", " if text[place - 1] in "[," else "") + text[place:]


# --- Locks and requirements ------------------------------------------------------------------------------------------

LOCK = as_dict(
    entry(wheel(), wheel("demo-1.0-cp313-cp313-manylinux_2_28_aarch64.whl", size=7), index="https://h/simple"),
    entry(name="other", archive={"url": "https://h/other-1.0-py3-none-any.whl", "hashes": {"sha256": 64 * "b"}}),
    entry(name="near", archive={"path": "x/near-1.0-py3-none-any.whl", "hashes": {"sha256": 64 * "b"}}),
    entry(wheel("two-1.0-py3-none-any.whl"), name="two", marker="python_version > '3'", requires_python=">=3.9"),
    environments=["sys_platform == 'linux'"],
    requires_python=">=3.9",
    tool={"lambda-wheels": {"uploaded-prior-to": "2024-01-01T00:00:00Z"}},
)


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_locks(tmp_path: Path, chunk: int, at_length: bool, tried: Tried) -> None:
    """Locks of ours and of other tools with other bytes, types or texts: the wheels that they name, or our error."""
    path = tmp_path / "pylock.toml"
    texts = [tomli_w.dumps(LOCK).encode(), *(one.read_bytes() for one in sorted(OTHERS_LOCKS.glob("*.toml")))]
    texts = [text for text in texts if len(text) < 4_000] or texts

    def make(random: Random) -> bytes:
        match random.randrange(4):
            case 0:
                return mutated(random, random.choice(texts))
            case 1:
                return odd_lines(random, random.choice(texts))
            case 2:
                return _as_toml(changed_texts(random, LOCK))
            case _:
                return _as_toml(changed_value(random, LOCK))

    def hold(content: bytes) -> list[Problem]:
        path.write_bytes(content)
        lock = read_lock(path)
        cooldown_of(lock)
        return [*select(lock, path, TARGET).problems]

    tried(fuzz(f"locks-{chunk}", 5_000 if at_length else 100, make, hold))


def _as_toml(value: Any) -> bytes:
    try:
        return tomli_w.dumps(value).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError, AttributeError):
        return b"lock-version = '1.0'\nx = " + b"[" * 2_000


@pytest.mark.hostile("Fuzz")
def test_what_a_user_types(at_length: bool, tried: Tried) -> None:
    """Odd requirements, waivers, ARNs, grants, names and targets: taken, or our error."""
    like = (
        "demo[x]>=1.0; python_version > '3'",
        "demo @ https://h/demo-1.0-py3-none-any.whl#sha256=aa",
        "record-hash:demo",
        "arn:aws:lambda:eu-west-1:123456789012:layer:duckdb:7",
        "123456789012",
        "organization o-a1b2c3d4e5",
        "my-function:live",
        "python3.13",
        "arm64",
    )

    def hold(text: str) -> list[Problem]:
        found: list[Problem] = []
        for read in (read_requirements, lambda one: Waivers.read([one]), LayerVersionArn.read, read_layer, Grant.read,
                     lambda one: Target(one, "arm64"), lambda one: Target("python3.13", one)):  # fmt: skip
            try:
                read(text)
            except LambdaWheelsError as error:
                found += error.problems
        is_layer_name(text), is_function_name(text), qualifier_of(text)
        digest_in(text), publisher_in(text), words_of(text), described([(text, text)])
        return found

    tried(fuzz("typed", 15_000 if at_length else 200, lambda random: odd_text(random, random.choice(like)), hold))


# --- Texts of wheels -------------------------------------------------------------------------------------------------


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_texts_of_wheels(chunk: int, at_length: bool, tried: Tried) -> None:
    """METADATA, WHEEL, RECORD, entry points and file names with odd bytes or lines: understood, or a finding."""
    rows = record(record_rows(CONTENTS, f"{DIST_INFO}/RECORD"))
    names = ("METADATA", "WHEEL", "RECORD", "entry_points.txt")

    def make(random: Random) -> tuple[str, bytes]:
        name = random.choice(names)
        content = rows if name == "RECORD" else CONTENTS[f"{DIST_INFO}/{name}"]
        return name, mutated(random, content) if random.random() < 0.5 else odd_lines(random, content)

    def hold(case: tuple[str, bytes]) -> list[Problem]:
        name, content = case
        findings = Findings(FILENAME)
        identity = read_filename(FILENAME, findings)
        if name == "METADATA":
            metadata = read_metadata(content, identity, findings, member=name)
            metadata.requires_python.contains(TARGET.python, prereleases=True)
        elif name == "WHEEL":
            check_wheel_file(content, identity, findings, member=name)
        elif name == "RECORD":
            read_record(content, findings, member=name)
        else:
            read_entry_points(content, findings, member=name)
        return findings.problems

    tried(fuzz(f"texts-{chunk}", 10_000 if at_length else 200, make, hold))


# --- What we wrote ourselves -----------------------------------------------------------------------------------------

MANIFEST = {
    "format": 1,
    "libraries": [{"name": "libgomp.so.1", "sha256": 64 * "a"}],
    "options": {"bytecode": "3.13.0", "scripts": True},
    "targets": [
        {"architecture": "arm64", "runtime": "python3.12"},
        {"architecture": "arm64", "runtime": "python3.13"},
    ],
    "waived": ["path-conflict:demo"],
    "wheels": [
        {"filename": FILENAME, "name": "demo", "sha256": 64 * "a", "version": "1.0", "runtimes": ["python3.13"]}
    ],
}


def _as_manifest(value: object) -> bytes:
    return json.dumps(value, indent=2, sort_keys=False, ensure_ascii=True).encode() + b"\n"


@pytest.mark.hostile("Fuzz")
def test_manifests(at_length: bool, tried: Tried) -> None:
    """Manifests with other bytes, types or texts: understood as they are written, or no manifest."""

    def make(random: Random) -> bytes:
        match random.randrange(3):
            case 0:
                return mutated(random, _as_manifest(MANIFEST))
            case 1:
                return _doubled(random, _as_manifest(MANIFEST).decode()).encode()
            case _:
                return _as_manifest(changed_value(random, MANIFEST))

    def hold(content: bytes) -> None:
        assert parse_manifest(content).as_bytes() == content

    tried(fuzz("manifests", 15_000 if at_length else 200, make, hold, allowed=(ValueError,)))


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_layers_with_odd_texts(tmp_path: Path, chunk: int, at_length: bool, tried: Tried) -> None:
    """Layers whose manifest, vouched for by its path, METADATA, RECORD and other texts are odd: said, in bounds."""
    layer = tmp_path / "layer.zip"
    contents = {f"python/{path}": content for path, content in CONTENTS.items()}
    contents |= {
        f"python/{DIST_INFO}/RECORD": record(record_rows(CONTENTS, f"{DIST_INFO}/RECORD")),
        f"python/{DIST_INFO}/direct_url.json": b'{"url": "file:///x", "dir_info": {"editable": true}}',
        "python/old-1.0.egg-info/PKG-INFO": b"Metadata-Version: 1.0\nName: old\nVersion: 1.0\n",
        "python/old-1.0.egg-info/requires.txt": b"demo>=1\n[:python_version<'3']\nsix\n",
    }
    texts = [path for path in contents if "-info/" in path]

    def make(random: Random) -> bytes:
        changed = dict(contents)
        for path in random.sample(texts, random.randint(0, 2)):
            changed[path] = random.choice((odd_lines, mutated))(random, changed[path])
        manifest = parse_or_plain(changed_texts(random, MANIFEST) if random.random() < 0.7 else MANIFEST)
        changed[manifest_path(manifest)] = manifest
        entries = entries_of(changed, rows=[])
        return forge([one for one in entries if not one.name.startswith(DIST_INFO.encode())])

    def hold(content: bytes) -> list[Problem]:
        layer.write_bytes(content)
        found = [*look(layer, (), silent, (TARGET,)).problems]
        inside = read_inside(layer)
        if inside.manifest is not None and inside.manifest.targets:
            inside.compatibility()
            described((one.name, one.version) for one in inside.manifest.wheels)
        inside.projects([TARGET])
        return found

    tried(fuzz(f"odd-layers-{chunk}", 2_500 if at_length else 80, make, hold))


def parse_or_plain(value: Any) -> bytes:
    """A manifest in our own form, so that it is taken."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n"


@pytest.mark.hostile("Fuzz")
def test_notes_of_the_store(tmp_path: Path, at_length: bool, tried: Tried) -> None:
    """Facts that are damaged, or have a right digest over a wrong value, are no facts; a wheel comes of no other."""
    path = tmp_path / FILENAME
    path.write_bytes(plain())
    right = encode(read_wheel(path))
    value = json.loads(right.partition(b"\n")[2])
    start = right[: right.index(b"\n")].rpartition(b" ")[0]

    def make(random: Random) -> bytes:
        match random.randrange(4):
            case 0:
                return mutated(random, right)
            case 1:
                body = _doubled(random, json.dumps(value)).encode()
            case 2:
                body = mutated(random, json.dumps(value).encode())
            case _:
                body = json.dumps(changed_value(random, value)).encode()
        return start + b" " + hashlib.sha256(body).hexdigest().encode() + b"\n" + body

    def hold(content: bytes) -> None:
        decode(content)

    tried(fuzz("facts", 10_000 if at_length else 150, make, hold, allowed=(ValueError,)))


@pytest.mark.hostile("Fuzz")
def test_packs_of_the_store(tmp_path: Path, at_length: bool, tried: Tried) -> None:
    """Bytecode of the store that is damaged, or has a right digest over a wrong index, counts as not there."""
    path, whose = tmp_path / "pack", {"sha256": 64 * "a", "version": "3.13.0"}
    write_pack(path, {"demo/a.pyc": b"abc", "demo/b.pyc": b""}, **whose, aside=tmp_path)
    right = path.read_bytes()
    header, index, files = right.split(b"\n", 2)
    start, value = header.rpartition(b" ")[0], json.loads(index)

    def make(random: Random) -> bytes:
        if random.random() < 0.4:
            return mutated(random, right)
        changed = _doubled(random, index.decode()).encode()
        if random.random() < 0.7:
            changed = json.dumps(changed_value(random, value)).encode()
        body = changed + b"\n" + files
        return start + b" " + hashlib.sha256(body).hexdigest().encode() + b"\n" + body

    def hold(content: bytes) -> None:
        path.write_bytes(content)
        found = find_pack(path, **whose)
        assert found is None or path.exists()

    tried(fuzz("packs", 8_000 if at_length else 100, make, hold))
