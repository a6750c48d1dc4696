"""What the documentation shares with the code is the same in both. (Reads the documentation.)"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import lambda_wheels
from lambda_wheels.cli.main import ENDING, INTERRUPTED
from lambda_wheels.layers.manifest import parse_manifest
from lambda_wheels.resolution.pip_child.configuration import KEPT_CONFIGURATION
from lambda_wheels.rules import RULES
from lambda_wheels.store import StoreInfo
from lambda_wheels.targets.libraries import image_of
from lambda_wheels.targets.runtimes import AMAZON_LINUX_2, AMAZON_LINUX_2023, OperatingSystem
from tests.docs.examples import ROOT

REFERENCE = ROOT / "docs" / "reference"
PAGES = [*ROOT.glob("*.md"), *(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]
LINK = re.compile(r"\[[^]]+\]\((?P<target>[^)\s]+)\)")


def sections(page: str) -> dict[str, str]:
    """The sections of a page of the reference whose headings are a name in code: the text of each."""
    parts = re.split(r"^#+ (.+)$", (REFERENCE / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {title.strip("`"): text for title, text in zip(parts[1::2], parts[2::2], strict=True) if "`" in title}


def named(page: str, name: str) -> str:
    """The table or block that follows the comment ``<!-- names: NAME -->``."""
    _, found, rest = (REFERENCE / page).read_text(encoding="utf-8").partition(f"<!-- names: {name} -->\n\n")
    assert found, f"{page} has no {name}"
    return rest.partition("\n\n")[0]


def first_cells(table: str) -> list[str]:
    """What stands in the first column, in code, below the head of a table."""
    return [name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def anchor(heading: str) -> str:
    """What a link to a heading ends in, as GitHub and Sphinx make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in RULES])
def test_a_section_for_every_rule(name: str) -> None:
    """Every rule stands in the reference: its meaning, why it happens, what to do, and whether it can be allowed."""
    text = sections("errors.md")[name]
    words = " ".join(text.split())
    assert words.startswith(f"{RULES[name].meaning} *Why:* ")
    why, _, cure = words.removeprefix(RULES[name].meaning).partition("*What to do:*")
    assert len(why) > len("*Why:* ") + 10
    assert len(cure) > 10
    assert (f"`--allow {name}:PROJECT`." in text and "*Can be allowed:*" in text) is RULES[name].waivable


def test_no_section_without_a_rule() -> None:
    """The reference explains no rule that is gone."""
    assert sections("errors.md").keys() == RULES.keys()


def test_every_rule_is_found_by_its_text() -> None:
    """Every rule stands once in the how-to for when a build fails, beside the text that is printed."""
    text = (ROOT / "docs" / "how-to" / "troubleshooting.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\| \[`([\w-]+)`\]\(\.\./reference/errors\.md#\1\) \|$", text, re.MULTILINE)) == sorted(
        RULES
    )


def test_runtimes() -> None:
    """The table of runtimes is the code's."""
    rows = [
        f"| `{runtime.name}` | {runtime.python} | {runtime.os.name} | {'.'.join(map(str, runtime.os.glibc))} | "
        + " | ".join(str(day or "") for day in (runtime.deprecated, runtime.creation_blocked, runtime.update_blocked))
        + " |"
        for runtime in lambda_wheels.RUNTIMES.values()
    ]
    assert named("runtimes.md", "runtimes").splitlines()[2:] == rows


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(
    ("column", "system"),
    [pytest.param(2, AMAZON_LINUX_2, id="AL2"), pytest.param(3, AMAZON_LINUX_2023, id="AL2023")],
)
def test_libraries(column: int, system: OperatingSystem, machine: str) -> None:
    """The table of the libraries of each image is the code's, with the newest versions of their symbols."""
    head, _, *rows = (row.split("|") for row in named("runtimes.md", "libraries").splitlines())
    assert head[column].strip() == system.name
    libraries, versions = set(), set()
    for row in rows:
        said = row[column].strip()
        versions |= set(re.findall(r"`([A-Z]+_[\d.]+)`", said))
        assert said in {"yes", "no", "on `x86_64`"} or said.startswith("up to `")
        if said != "no" and (said != "on `x86_64`" or machine == "x86_64"):
            libraries |= set(re.findall(r"`([^`]+)`", row[1]))
    libraries -= {"ld-linux-aarch64.so.1" if machine == "x86_64" else "ld-linux-x86-64.so.2"}
    image = image_of(system, machine)
    assert libraries == image.libraries
    assert versions == {f"{kind}_{'.'.join(map(str, number))}" for kind, number in image.newest.items()}


def test_kept_configuration() -> None:
    """The page on pip's configuration lists exactly what is kept of it."""
    assert sorted(first_cells(named("pip-configuration.md", "kept"))) == sorted(KEPT_CONFIGURATION)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=kind.__name__)
        for kind in (
            lambda_wheels.Layer,
            lambda_wheels.LayerWheel,
            lambda_wheels.LayerVersions,
            lambda_wheels.LayerVersion,
            lambda_wheels.Attachment,
            lambda_wheels.Pruned,
            lambda_wheels.LayerInspection,
            lambda_wheels.InspectedProject,
            lambda_wheels.FunctionInspection,
            lambda_wheels.Lock,
            lambda_wheels.LockChange,
            lambda_wheels.LockedProject,
            lambda_wheels.LockedWheel,
            lambda_wheels.Problem,
            lambda_wheels.Runtime,
            StoreInfo,
        )
    ],
)
def test_json_names(kind: type) -> None:
    """The reference of ``--json`` has the names of the attributes, all of them."""
    assert dataclasses.is_dataclass(kind)
    assert sorted(first_cells(named("cli.md", kind.__name__))) == sorted(
        field.name for field in dataclasses.fields(kind)
    )


def test_first_screen() -> None:
    """The first screen of the README has the two commands that do all the set-up."""
    screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:25]
    build = "lambda-wheels build duckdb --runtime python3.13 --architecture arm64 --output layer.zip"
    assert f"python -m pip install . && {build}" in screen
    assert "python -m pip install nox && nox" in screen


def test_manifest() -> None:
    """The manifest that the reference shows is one as we write it."""
    text = named("layer.md", "manifest").removeprefix("```json\n").removesuffix("```")
    manifest = parse_manifest(text.encode())
    assert manifest.scripts
    assert manifest.bytecode
    assert manifest.wheels
    assert manifest.waived


def test_exit_codes() -> None:
    """The exit codes in the reference are those of the errors."""
    _, _, text = (REFERENCE / "cli.md").read_text(encoding="utf-8").partition("## Exit codes\n\n")
    codes: Mapping[str, str] = dict(re.findall(r"^\| (\d+) \| .* \| `(\w+)` \|$", text, re.MULTILINE))
    assert {code: getattr(lambda_wheels, name).exit_code for code, name in codes.items()} == {"1": 1, "2": 2, "3": 3}
    ends = dict(re.findall(r"^\| (1\d\d) \| (\w+) ", text, re.MULTILINE))
    words = {129: "hung up", INTERRUPTED: "interrupted"} | {128 + number: word for number, word in ENDING.items()}
    assert ends == {str(code): word.split()[0] for code, word in words.items()}


def test_public_names() -> None:
    """The reference of the API has every public name."""
    text = (REFERENCE / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\.\. auto\w+:: lambda_wheels\.(\w+)$", text, re.MULTILINE))
    errors = {name for name in lambda_wheels.__all__ if name.endswith("Error")}
    assert documented == {*lambda_wheels.__all__} - errors | {"errors"}


@pytest.mark.parametrize("page", [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES])
def test_links(page: Path) -> None:
    """Every link to another page leads to a file that is there, and to a heading in it."""
    for match in LINK.finditer(page.read_text(encoding="utf-8")):
        place, _, heading = match["target"].partition("#")
        if "://" in place:
            continue
        target = page.parent / place if place else page
        assert target.is_file(), match["target"]
        if heading:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in map(anchor, headings), match["target"]
