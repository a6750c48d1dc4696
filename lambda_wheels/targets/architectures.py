"""Lambda's two instruction sets, and what the wheel side calls them. (Pure table.)"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """An instruction set that a Lambda function can ask for."""

    name: str
    """Lambda's word: ``x86_64`` or ``arm64``."""
    machine: str
    """The word in wheel tags and in ``platform_machine``: ``x86_64`` or ``aarch64``, never ``arm64``."""
    oldest_glibc_minor: int
    """The oldest 2.N that a manylinux tag for this machine can name (PEP 513: 2.5; on aarch64 PEP 599: 2.17)."""


ARCHITECTURES: Final = MappingProxyType(
    {
        architecture.name: architecture
        for architecture in (
            Architecture(name="x86_64", machine="x86_64", oldest_glibc_minor=5),
            Architecture(name="arm64", machine="aarch64", oldest_glibc_minor=17),
        )
    }
)
"""Lambda's architectures by name."""
