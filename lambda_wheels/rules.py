"""The names of everything that can be wrong, each with its meaning. (Pure table.)

The names are promises: ``allow=``, ``--json`` and the reference of errors use them. A :class:`~lambda_wheels.problems.Problem`
can only be made under a name that stands here, and a test holds that the reference explains each.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One way for something to be wrong."""

    name: str
    meaning: str
    """One sentence, for the reference."""
    waivable: bool = False
    """Whether ``allow=["RULE:PROJECT"]`` makes a warning of it: only what is sloppy, never what is unsafe."""


def _rules(*rows: tuple[str, str], waivable: bool = False) -> dict[str, Rule]:
    return {name: Rule(name=name, meaning=meaning, waivable=waivable) for name, meaning in rows}


RULES: Final = MappingProxyType(
    {
        # The call
        **_rules(
            ("unknown-runtime", "The runtime is not one of Lambda's Python runtimes."),
            ("unknown-architecture", "The architecture is not one of Lambda's."),
            ("deprecated-runtime", "AWS no longer patches the runtime; a warning."),
        ),
        # The wheel: its archive, RECORD and metadata
        **_rules(),
        **_rules(waivable=True),
        # The layer
        **_rules(),
        # The store
        **_rules(),
    }
)
"""Every rule by name."""
