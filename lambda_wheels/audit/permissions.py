"""Whether Lambda's user, who owns nothing of a layer, may read it. (Pure.)

Source: AWS, "Troubleshoot deployment issues in Lambda": files need 0644, folders and programs 0755.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from lambda_wheels.audit.held import Held
from lambda_wheels.audit.placed import and_others
from lambda_wheels.problems import Problem, Severity

_READ: Final = 0o004
_EXECUTE: Final = 0o001


def unreadable(held: Held) -> Iterator[Problem]:
    """Everyone may read each file, and enter each folder."""
    found = sorted(
        [
            *(path for path, file in held.files.items() if file.mode is not None and not file.mode & _READ),
            *(
                f"{path}/"
                for path, mode in held.folders.items()
                if mode is not None and mode & (_READ | _EXECUTE) != _READ | _EXECUTE
            ),
        ]
    )
    if found:
        file = held.files.get(found[0])
        mode = file.mode if file else held.folders[found[0].rstrip("/")]
        yield Problem(
            rule="mode-unreadable",
            member=found[0],
            message=f"it has the mode {mode:04o}, and Lambda's user may not read it{and_others(len(found) - 1)}",
            hint="chmod -R a+rX python, and zip it again",
        )


def not_executable(held: Held) -> Iterator[Problem]:
    """What is on PATH can be started."""
    found = sorted(
        path
        for path, file in held.files.items()
        if posixpath.dirname(path) == "bin" and "." not in path and file.mode is not None and not file.mode & _EXECUTE
    )
    if found:
        yield Problem(
            rule="mode-not-executable",
            severity=Severity.WARNING,
            member=found[0],
            message=f"it is on PATH in Lambda, and nobody may execute it{and_others(len(found) - 1)}",
            hint="chmod a+rx bin/*, and zip it again",
        )
