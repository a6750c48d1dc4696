"""Follow the parent's instructions: change pip, then run it. (In pip's process.)"""

from __future__ import annotations

import json
import sys

from .again import try_again
from .configuration import Misconfigured, filter_configuration, leave_constraints_aside
from .credentials import watch_credentials
from .discarded import tell_discarded
from .downloads import hand_over_downloads
from .endless import bound_answers
from .failures import tell_failures
from .in_the_way import watch_asked
from .listening import take_stdin
from .newer import tell_newer
from .no_programs import start_no_program
from .only_wheels import prepare_only_wheels
from .pages import watch_pages
from .places_on_disk import watch_disk
from .preferences import prefer
from .requirement_files import read_files_warily
from .telling import emit, take_stdout, wrap


def main() -> int:
    """Follow the instructions on stdin, one JSON object; the exit code is pip's."""
    take_stdout()
    instructions = json.loads(take_stdin())
    sys.path.insert(0, instructions["pip_location"])
    records: dict[str, list[list[str]]] = {}
    try:
        import pip

        if pip.__version__ != instructions["pip_version"]:
            raise ImportError(f"expected pip {instructions['pip_version']}, found {pip.__version__}")
        evaluate_markers_for(instructions["marker_environment"])
        from pip._internal.cli.main import main as pip_main

        filter_configuration()
        if "--no-deps" in instructions["arguments"]:
            leave_constraints_aside()
        prepare_only_wheels()
        watch_credentials()
        read_files_warily(instructions["arguments"])
        bound_answers()
        try_again()
        watch_pages(records)
        watch_disk()
        hand_over_downloads(instructions["downloads"], instructions["stored"])
        prefer(instructions["preferred"])
        tell_discarded()
        tell_failures(records, watch_asked())
        tell_newer(records)
        start_no_program()
    except (ImportError, AttributeError) as error:
        emit("internals-moved", detail=str(error))
        return 1
    except Misconfigured as error:
        emit("misconfigured", what=error.what, detail=str(error))
        return 1
    return int(pip_main(instructions["arguments"]))


def evaluate_markers_for(environment: dict[str, str]) -> None:
    """Make pip's markers answer for the target; has to come before ``pip._internal`` is imported."""
    from pip._vendor.packaging import markers

    wrap(markers, "default_environment")(lambda original: dict(environment))
