"""Compile source files: what the interpreter of a layer's Python executes. (In a process of its own, alone there.)

It is started with ``-I -S``, so that nothing of the machine's own is imported, and imports nothing of ours but itself.
Any CPython from 3.9 on has to understand it. It compiles, and executes nothing of what it compiles.

- ``main``: takes one source file after the other from stdin, and answers on stdout;
- ``canonical``: writes code objects so that equal ones have equal bytes.
"""
