"""What a wheel holds: the only reader of ``.whl`` archives. No network, no state."""

from __future__ import annotations

from lambda_wheels.wheels.facts import wheel_as_json, wheel_from_json
from lambda_wheels.wheels.reader import read_member, read_wheel
from lambda_wheels.wheels.wheel import Member, Wheel

__all__ = ["Member", "Wheel", "read_member", "read_wheel", "wheel_as_json", "wheel_from_json"]
