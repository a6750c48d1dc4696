"""What a layer starts from: bytecode for the target's Python, the same bytes every time."""

from lambda_wheels.bytecode.compile import compile_wheels
from lambda_wheels.bytecode.compiled import Bytecode
from lambda_wheels.bytecode.interpreters import Interpreter, find_interpreter
from lambda_wheels.bytecode.paths import bytecode_path

__all__ = ["Bytecode", "Interpreter", "bytecode_path", "compile_wheels", "find_interpreter"]
