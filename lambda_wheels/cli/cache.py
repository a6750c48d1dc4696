"""``lambda-wheels cache``. (Prints.)"""

from __future__ import annotations

import argparse
import json

from lambda_wheels.cli.words import in_bytes, show_problems
from lambda_wheels.store import Store, StoreInfo, default_folder


def cache(options: argparse.Namespace) -> int:
    """Look after the store: ``dir`` prints where it is, ``verify`` exits 1 where something was damaged."""
    store = Store(default_folder())
    if options.action == "dir":
        print(json.dumps(str(store.folder)) if options.json else store.folder)
    elif options.action == "info":
        _show("holds", store.info(), options)
    elif options.action == "clear":
        _show("removed", store.clear(), options)
    else:
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
        print(f"{info.folder}: {what} {info.wheels} wheels, {in_bytes(info.size)}")
