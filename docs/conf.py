"""Sphinx's configuration. Tables that the code has are filled in from the code, so that they cannot fall behind."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Any

from lambda_wheels.rules import RULES
from lambda_wheels.targets import RUNTIMES

project = "lambda-wheels"
version = release = version_of("lambda-wheels")
copyright = "the lambda-wheels authors"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
nitpicky = False

html_theme = "furo"
html_title = f"lambda-wheels {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "show-inheritance": True}


def errors_table() -> str:
    """A section for each rule; its anchor is the rule's name, as printed in ``error[NAME]``."""
    lines = []
    for name, rule in sorted(RULES.items()):
        lines += [f"({name})=", f"## `{name}`", "", rule.meaning, ""]
        if rule.waivable:
            lines += [f"Can be allowed for a project: `--allow {name}:PROJECT`.", ""]
    return "\n".join(lines)


def runtimes_table() -> str:
    """A row for each runtime."""
    lines = [
        "| runtime | Python | system | glibc | deprecated | creation blocked | update blocked |",
        "|---|---|---|---|---|---|---|",
    ]
    for runtime in RUNTIMES.values():
        days = [str(day or "") for day in (runtime.deprecated, runtime.creation_blocked, runtime.update_blocked)]
        glibc = ".".join(map(str, runtime.os.glibc))
        cells = [f"`{runtime.name}`", runtime.python, runtime.os.name, glibc, *days]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def fill(app: Any, page: str, source: list[str]) -> None:
    """Put the tables in place of the comments that name them."""
    for name, table in (("errors", errors_table), ("runtimes", runtimes_table)):
        source[0] = source[0].replace(f"<!-- table: {name} -->", table())


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", fill)
