"""What Lambda runs: its runtimes and architectures, and the wheel tags that fit them. (Pure tables and values.)"""

from lambda_wheels.targets.architectures import ARCHITECTURES, Architecture
from lambda_wheels.targets.runtimes import RUNTIMES, OperatingSystem, Runtime
from lambda_wheels.targets.target import Target

__all__ = ["ARCHITECTURES", "RUNTIMES", "Architecture", "OperatingSystem", "Runtime", "Target"]
