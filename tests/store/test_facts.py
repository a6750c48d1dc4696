"""What is known of a wheel survives in its file, and damage is noticed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from lambda_wheels.store import facts
from lambda_wheels.wheels import wheel_as_json
from tests.store.proven import proven


def test_round_trip(outside: Path) -> None:
    """What was written comes back equal, and the file is one header line and one line of JSON."""
    _, wheel = proven(outside)
    content = facts.encode(wheel)
    assert facts.decode(content) == wheel
    assert content.startswith(b"lambda-wheels facts 5 ") and content.count(b"\n") == 1


def test_every_flipped_byte_is_noticed(outside: Path) -> None:
    """No byte of the file can change without a ValueError."""
    content = facts.encode(proven(outside)[1])
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x01
        with pytest.raises(ValueError, match="damaged"):
            facts.decode(bytes(changed))


@pytest.mark.parametrize("content", [b"", b"\n", b"{}", b"lambda-wheels facts 5 \n{}"])
def test_other_content(content: bytes) -> None:
    """What is no file of facts is a ValueError."""
    with pytest.raises(ValueError, match="damaged"):
        facts.decode(content)


@pytest.mark.parametrize("value", [None, 5, [], {}, "x", [5], [[]]])
def test_forged(outside: Path, monkeypatch: pytest.MonkeyPatch, value: object) -> None:
    """A digest that is right does not make facts of anything: a ValueError, or another wheel, and nothing else."""
    _, wheel = proven(outside)
    honest = wheel_as_json(wheel)
    assert isinstance(honest, dict)
    forgeries: list[object] = [value, *(honest | {key: value} for key in honest)]
    for forgery in forgeries:
        monkeypatch.setattr("lambda_wheels.store.facts.wheel_as_json", lambda _, forgery=forgery: forgery)
        content = facts.encode(wheel)
        with contextlib.suppress(ValueError):
            facts.decode(content)


def test_truncated(outside: Path) -> None:
    """A file that ends early is a ValueError."""
    content = facts.encode(proven(outside)[1])
    with pytest.raises(ValueError, match="damaged"):
        facts.decode(content[:-1])


def test_other_format(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts of another format number are not used."""
    content = facts.encode(proven(outside)[1])
    monkeypatch.setattr(facts, "FACTS_FORMAT", facts.FACTS_FORMAT + 1)
    with pytest.raises(ValueError, match="format"):
        facts.decode(content)
