"""How the pip child tells what happens: JSON lines, without secrets. (In pip's process; writes to the parent.)"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from .urls import hide, public_url, redact

_events = sys.stdout
_secrets: set[str] = set()
"""What no word may hold."""


def take_stdout() -> None:
    """Keep stdout for events: what pip, or a keyring, prints there goes to stderr from now on."""
    global _events
    _events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)


def emit(event: str, **fields: Any) -> None:
    """Tell the parent what happened: one JSON object in a line of its own."""
    _events.write(json.dumps({"event": event, **fields}) + "\n")
    _events.flush()


def learn(secrets: Iterable[str]) -> None:
    """Let no word hold any of ``secrets`` from now on, and the parent know them: it reads pip's own words."""
    if new := [secret for secret in secrets if secret not in _secrets]:
        _secrets.update(new)
        emit("secrets", values=new)


def public(url: str) -> str:
    """``url`` without what may be secret: user, password, query and fragment."""
    return public_url(url)


def shown(words: object) -> str:
    """Words of pip without credentials: those in URLs, with their queries, and those that are known."""
    return hide(redact(str(words)), _secrets)


def wrap(owner: Any, name: str) -> Callable[[Callable[..., Any]], None]:
    """Replace ``owner.name`` by a function that is given the original first; AttributeError if pip has moved it."""
    original = getattr(owner, name)

    def decorate(replacement: Callable[..., Any]) -> None:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            return replacement(original, *args, **kwargs)

        setattr(owner, name, call)

    return decorate


def refuse(rule: str, subject: str, where: str = "") -> NoReturn:
    """End this run in the way that pip itself ends one, having told why."""
    from pip._internal.exceptions import InstallationError

    emit("refused", rule=rule, subject=subject, where=where)
    raise InstallationError(f"refused: {rule}: {subject}")
