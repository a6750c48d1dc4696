"""How the pip child hears its parent: a line of instructions, a byte for each answer. (In pip's process.)"""

from __future__ import annotations

import os
import threading

_answers = threading.Semaphore(0)


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

    def listen() -> None:
        while os.read(parent, 1):  # no file object, whose lock would be in the way when the interpreter ends
            _answers.release()
        os._exit(1)

    threading.Thread(target=listen, name="parent", daemon=True).start()
    return instructions


def wait_for_answer() -> None:
    """Wait until the parent has done what it was just asked for. Only one thread may ask at a time."""
    _answers.acquire()
