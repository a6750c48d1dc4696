"""From proven wheels to the contents of a layer: their bytecode, if asked for, and where everything goes. (Disk.)"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lambda_wheels.call import Call
from lambda_wheels.errors import LayerError, UsageError
from lambda_wheels.layers import Contents, lay_out
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress
from lambda_wheels.proven import Proven
from lambda_wheels.targets import Target

if TYPE_CHECKING:
    from lambda_wheels.bytecode import Interpreter


def interpreter_for(
    targets: tuple[Target, ...], bytecode: bool | str | Path, *, release: str | None = None
) -> Interpreter | None:
    """Who compiles for ``targets``, if anybody is to; looked for first, since without one all the rest is in vain.

    :param release: the full version, where only one of that will do.
    :raises LayerError: there is none.
    :raises UsageError: there would have to be several.
    """
    if bytecode is False:
        return None
    from lambda_wheels.bytecode import find_interpreter  # here, as below: most layers have none

    versions = {target.python_version for target in targets}
    if len(versions) > 1:
        raise UsageError(
            Problem(
                rule="several-runtimes",
                message="a layer for several runtimes cannot have bytecode, which is for one Python",
                hint="build without bytecode, or a layer for each runtime",
            )
        )
    return find_interpreter(versions.pop(), None if bytecode is True else bytecode, release=release)


def assemble(
    call: Call, proven: Proven, *, interpreter: Interpreter | None, progress: Progress
) -> tuple[Contents, tuple[Problem, ...]]:
    """What the layer will hold, and the warnings that came before it was laid out.

    :raises LayerError: the wheels do not make a layer.
    """
    verdict, bytecode = proven.verdict, None
    warnings, waived = verdict.warnings, verdict.waived
    if interpreter is not None:
        from lambda_wheels.bytecode import compile_wheels

        said = proven.store.problems
        bytecode = compile_wheels(proven.stored, interpreter, proven.store, waivers=call.waivers, progress=progress)
        news = [problem for problem in proven.store.problems if problem not in said]
        verdict = call.waivers.judge([*news, *bytecode.problems], strict=call.strict)
        if verdict.errors:
            raise LayerError(verdict.errors)
        warnings, waived = (*warnings, *verdict.warnings), waived | verdict.waived
    contents = lay_out(
        proven.views,
        scripts=call.scripts,
        bytecode=bytecode,
        libraries=call.libraries,
        allow=call.waivers.allowed,
        waived=waived,
    )
    if call.strict and (errors := call.waivers.judge(contents.warnings, strict=True).errors):
        raise LayerError(errors)
    return contents, warnings
