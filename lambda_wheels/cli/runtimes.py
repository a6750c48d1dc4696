"""``lambda-wheels runtimes``. (Prints.)"""

from __future__ import annotations

import argparse
import dataclasses
import json

from lambda_wheels.targets import ARCHITECTURES, RUNTIMES


def runtimes(options: argparse.Namespace) -> int:
    """Print the table of runtimes."""
    if options.json:
        rows = [dataclasses.asdict(runtime) for runtime in RUNTIMES.values()]
        print(json.dumps(rows, indent=2, default=str))
        return 0
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    for title in ("runtime", "Python", "system", "glibc", "deprecated", "creation blocked", "update blocked"):
        table.add_column(title, no_wrap=True)
    for runtime in RUNTIMES.values():
        days = (runtime.deprecated, runtime.creation_blocked, runtime.update_blocked)
        glibc = ".".join(map(str, runtime.os.glibc))
        table.add_row(runtime.name, runtime.python, runtime.os.name, glibc, *(str(day or "") for day in days))
    console = Console()
    console.print(table)
    console.print(f"architectures: {', '.join(ARCHITECTURES)}", highlight=False)
    return 0
