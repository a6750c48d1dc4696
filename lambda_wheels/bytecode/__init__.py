"""What a layer starts from: bytecode for the target's Python, the same bytes every time."""

from typing import TYPE_CHECKING

from lambda_wheels.bytecode.paths import bytecode_path
from lambda_wheels.doors import opened_later

if TYPE_CHECKING:
    from lambda_wheels.bytecode.compile import compile_wheels
    from lambda_wheels.bytecode.compiled import Bytecode
    from lambda_wheels.bytecode.interpreters import Interpreter, find_interpreter

__all__ = ["Bytecode", "Interpreter", "bytecode_path", "compile_wheels", "find_interpreter"]

__getattr__ = opened_later(
    __name__,
    {
        "Bytecode": "compiled",
        "Interpreter": "interpreters",
        "compile_wheels": "compile",
        "find_interpreter": "interpreters",
    },
)
