"""How the pip child hears its parent: one line of instructions, then nothing until that ends. (In pip's process.)"""

from __future__ import annotations

import os
import threading


def take_stdin() -> str:
    """The instructions. From then on the child ends when its parent does, however that ends.

    Else a download would go on for nobody, for as long as it takes. When a process ends the system closes its end of
    the pipe, on Windows too. Nobody else here hears the parent: pip's stdin is empty.
    """
    parent = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    with open(parent, encoding="utf-8", closefd=False) as lines:
        instructions = lines.readline()

    def end_with_parent() -> None:
        os.read(parent, 1)  # no file object, whose lock would be in the way when the interpreter ends
        os._exit(1)

    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    return instructions
