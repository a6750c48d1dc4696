"""What a wheel holds: the only reader of ``.whl`` archives. No network, no state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambda_wheels.doors import opened_later
from lambda_wheels.wheels.facts import wheel_as_json, wheel_from_json
from lambda_wheels.wheels.wheel import Member, Wheel

if TYPE_CHECKING:
    from lambda_wheels.wheels.reader import read_member, read_wheel

__all__ = ["Member", "Wheel", "read_member", "read_wheel", "wheel_as_json", "wheel_from_json"]

__getattr__ = opened_later(__name__, {"read_member": "reader", "read_wheel": "reader"})
