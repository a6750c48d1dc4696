"""Whether the files of a layer are those that were installed, going by RECORD. (Pure.)

What lies in a layer beside them is its maker's own matter. That files are missing is mostly meant so, by those who want
a smaller layer: a warning, and none at all for bytecode, which nothing needs.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from lambda_wheels.audit.held import HeldFile
from lambda_wheels.audit.installed import Installed
from lambda_wheels.audit.placed import and_others
from lambda_wheels.audit.view import View
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.wheels.layout import folders_above
from lambda_wheels.wheels.record import Row


def changed(view: View) -> Iterator[Problem]:
    """Each file has the bytes that RECORD says, in one of its rows."""
    for one in view.installation.distributions:
        found = [
            path
            for path, rows in sorted(one.rows.items())
            if (file := view.held.files.get(path)) is not None and not any(_agrees(row, file) for row in rows)
        ]
        if found:
            yield _problem(
                "record-hash", one, found, "its bytes do not have the hash that RECORD gives", Severity.ERROR
            )


def missing(view: View) -> Iterator[Problem]:
    """Each file that RECORD lists is there."""
    there = {
        *view.held.files,
        *view.held.links,
        *(folder for path in view.held.files for folder in folders_above(path)),
    }
    for one in view.installation.distributions:
        found = sorted(path for path in one.rows if path not in there and not _may_go(path))
        if found:
            yield _problem(
                "record-surplus-row", one, found, "RECORD has a row for it, and it is not there", Severity.WARNING
            )


def _may_go(path: str) -> bool:
    """Whether a file is one that nothing needs, or that who only unpacks wheels puts elsewhere (``.data``)."""
    return path.endswith(".pyc") or ".data/" in path


def _agrees(row: Row, file: HeldFile) -> bool:
    """Whether nothing in the row speaks against the file."""
    kind, _, said = row.digest.partition("=")
    if kind != "sha256":  # none, or one that the file was not read for
        return not row.size or row.size == str(file.size)
    return base64.urlsafe_b64encode(bytes.fromhex(file.sha256)).rstrip(b"=").decode() == said.rstrip("=")


def _problem(rule: str, one: Installed, found: list[str], message: str, severity: Severity) -> Problem:
    return Problem(
        rule=rule,
        severity=severity,
        project=one.name,
        member=found[0],
        message=message + and_others(len(found) - 1),
        hint="install the project anew" if severity is Severity.ERROR else None,
    )
