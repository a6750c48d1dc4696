"""Scripts: what ``--scripts`` puts into a layer's ``bin/``. (Pure.)

Source: PyPA specifications, "Entry points" and "Binary distribution format" (the ``#!python`` line).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.entry_points import scripts_in
from lambda_wheels.wheels.names import member_name_length

_NAME = re.compile(r"[\w.-]+(?: [\w.-]+)*")
_DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_OBJECT = re.compile(rf"(?P<module>{_DOTTED})\s*:\s*(?P<attribute>{_DOTTED})\s*(?:\[.*\])?")

# A program that a function starts does not have the layer's folder on its path (Lambda's bootstrap adds it in its own
# process only), so that the script has to add it.
_TEMPLATE = """\
#!{interpreter}
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "python"))

from {module} import {first}

if __name__ == "__main__":
    sys.exit({attribute}())
"""


def interpreter(target: Target) -> str:
    """Where the runtime's Python is inside Lambda: ``/var/lang/bin/python3.13``."""
    return f"/var/lang/bin/{target.runtime}"


def is_for_python(start: bytes) -> bool:
    """Whether a script that begins with ``start`` leaves it to the installer which Python runs it (``#!python``)."""
    return start.startswith(b"#!python")


def with_interpreter(script: bytes, target: Target) -> bytes:
    """``script`` with the runtime's Python on its first line.

    As pip does, everything on the line is replaced: the ``w`` of ``#!pythonw``, and arguments too.
    """
    _, _, rest = script.partition(b"\n")
    return f"#!{interpreter(target)}\n".encode() + rest


def entry_point_scripts(wheel: Wheel, target: Target) -> tuple[dict[str, bytes], list[Problem]]:
    """The scripts that the wheel's ``console_scripts`` and ``gui_scripts`` ask for, by name, and what is wrong."""
    scripts, problems = {}, []
    for name, value in dict(scripts_in(wheel.entry_points)).items():  # of two of one name the last, as with pip
        found = _OBJECT.fullmatch(value)
        if found is None or not _NAME.fullmatch(name) or set(name) == {"."} or member_name_length(name):
            problems.append(
                Problem(
                    rule="bad-script",
                    project=wheel.name,
                    wheel=wheel.filename,
                    member=f"{wheel.dist_info}/entry_points.txt",
                    message=f"{name!r} = {value!r} cannot be made into a script",
                    hint="build without scripts",
                )
            )
            continue
        module, attribute = found["module"], found["attribute"]
        scripts[name] = _TEMPLATE.format(
            interpreter=interpreter(target), module=module, first=attribute.partition(".")[0], attribute=attribute
        ).encode()
    return scripts, problems


def is_wrapper(script_name: str, names: Mapping[str, object]) -> bool:
    """Whether a file under ``.data/scripts`` is what setuptools made for an entry point, so that ours replaces it."""
    lower = script_name.lower()
    for suffix in (".exe", "-script.py", ".pya"):
        if lower.endswith(suffix):
            return script_name[: -len(suffix)] in names
    return script_name in names
