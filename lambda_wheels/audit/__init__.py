"""Will it work: named rules for a proven wheel on a target. (Pure.)"""

from lambda_wheels.audit.wheel_rules import audit_wheel

__all__ = ["audit_wheel"]
