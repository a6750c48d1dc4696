"""Will it work: named rules for proven wheels on a target, and for the machine code of a whole layer. (Pure.)"""

from lambda_wheels.audit.natives import audit_natives
from lambda_wheels.audit.placed import Placed, placed
from lambda_wheels.audit.wheel_rules import audit_bytecode, audit_wheel

__all__ = ["Placed", "audit_bytecode", "audit_natives", "audit_wheel", "placed"]
