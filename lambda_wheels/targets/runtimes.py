"""Lambda's Python runtimes: which Python, on which operating system, until when. (Pure table.)

Source: AWS, "Lambda runtimes" (docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html) for the dates; the patch
levels and the glibc versions were read inside AWS's images. ``nox -s update-runtimes`` compares the names with the
``Runtime`` enumeration of the installed botocore.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatingSystem:
    """The operating system image under a managed runtime. (AWS's container images of the same name hold more.)"""

    name: str
    glibc: tuple[int, int]
    """The version of the C library: a wheel that asks for a newer one does not load."""


AMAZON_LINUX_2: Final = OperatingSystem(name="Amazon Linux 2", glibc=(2, 26))
AMAZON_LINUX_2023: Final = OperatingSystem(name="Amazon Linux 2023", glibc=(2, 34))


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """One of Lambda's managed Python runtimes."""

    name: str
    """Lambda's identifier, ``python3.13``."""
    python: str
    """The full version of CPython: the lowest patch level seen in the image. It only goes up."""
    os: OperatingSystem
    deprecated: datetime.date | None = None
    """From this day on AWS no longer patches it; None where no day is announced."""
    creation_blocked: datetime.date | None = None
    """From this day on no function can be created with it."""
    update_blocked: datetime.date | None = None
    """From this day on no function that uses it can be updated."""

    @property
    def python_version(self) -> tuple[int, int]:
        """``(3, 13)``."""
        major, minor, *_ = self.python.split(".")
        return int(major), int(minor)

    def is_deprecated(self, today: datetime.date) -> bool:
        """Whether AWS has stopped patching this runtime by ``today``."""
        return self.deprecated is not None and self.deprecated <= today


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


RUNTIMES: Final = MappingProxyType(
    {
        runtime.name: runtime
        for runtime in (
            Runtime(
                name="python3.9",
                python="3.9.19",
                os=AMAZON_LINUX_2,
                deprecated=_day("2025-12-15"),
                creation_blocked=_day("2027-02-01"),
                update_blocked=_day("2027-03-03"),
            ),
            Runtime(
                name="python3.10",
                python="3.10.14",
                os=AMAZON_LINUX_2,
                deprecated=_day("2026-10-31"),
                creation_blocked=_day("2027-02-01"),
                update_blocked=_day("2027-03-03"),
            ),
            Runtime(
                name="python3.11",
                python="3.11.9",
                os=AMAZON_LINUX_2,
                deprecated=_day("2027-06-30"),
                creation_blocked=_day("2027-07-31"),
                update_blocked=_day("2027-08-31"),
            ),
            Runtime(
                name="python3.12",
                python="3.12.3",
                os=AMAZON_LINUX_2023,
                deprecated=_day("2028-10-31"),
                creation_blocked=_day("2028-11-30"),
                update_blocked=_day("2029-01-10"),
            ),
            Runtime(
                name="python3.13",
                python="3.13.0",
                os=AMAZON_LINUX_2023,
                deprecated=_day("2029-06-30"),
                creation_blocked=_day("2029-07-31"),
                update_blocked=_day("2029-08-31"),
            ),
            Runtime(
                name="python3.14",
                python="3.14.0",
                os=AMAZON_LINUX_2023,
                deprecated=_day("2029-06-30"),
                creation_blocked=_day("2029-07-31"),
                update_blocked=_day("2029-08-31"),
            ),
            # In public preview since 2026-07-24; AWS has announced no dates.
            Runtime(name="python3.15", python="3.15.0", os=AMAZON_LINUX_2023),
        )
    }
)
"""Lambda's Python runtimes by name, oldest first."""
