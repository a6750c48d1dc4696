"""``lambda-wheels cache``. (Prints.)"""

from __future__ import annotations

import argparse
import json
import logging
import os
from pathlib import Path

from lambda_wheels.cli.words import in_bytes, show_problems
from lambda_wheels.errors import OutputError
from lambda_wheels.problems import Problem, escape_controls
from lambda_wheels.store import Store, StoreInfo, default_folder


def cache(options: argparse.Namespace) -> int:
    """Look after the store: ``dir`` prints where it is, ``verify`` exits 1 where something was damaged."""
    store = Store(default_folder())
    if options.action == "dir":
        print(json.dumps(str(store.folder)) if options.json else store.folder)
        return 0
    _check(store.folder)
    if options.action == "info":
        _show("holds", store.info(), options)
    elif options.action == "clear":
        _show("removed", store.clear(), options)
    else:
        if not options.verbose:  # each finding is a problem as well, and one line is enough
            logging.getLogger("lambda_wheels").setLevel(logging.ERROR)
        problems = list(store.verify())
        if options.json:
            print(json.dumps([problem.as_dict() for problem in problems], indent=2))
        show_problems(problems)
        return 1 if problems else 0
    return 0


def _show(what: str, info: StoreInfo, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps({"folder": str(info.folder), "wheels": info.wheels, "size": info.size}, indent=2))
    else:
        count = f"{info.wheels} {'wheel' if info.wheels == 1 else 'wheels'}"
        print(escape_controls(f"{info.folder}: {what} {count}, {in_bytes(info.size)}"))


def _check(folder: Path) -> None:
    """A store that is no folder is not an empty one, as one that was never made is."""
    try:
        with os.scandir(folder):
            pass
    except FileNotFoundError:
        pass
    except OSError as error:
        raise OutputError(
            Problem(
                rule="store-failed",
                message=f"the store cannot be read: {error}",
                hint="let LAMBDA_WHEELS_CACHE name a folder",
            )
        ) from error
