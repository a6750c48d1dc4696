"""Where a runtime looks for modules in a layer. (Pure.)

Source: AWS, "Packaging your layer content" (docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html).
"""

from __future__ import annotations


def paths_of(python_version: tuple[int, int]) -> tuple[str, str]:
    """The folders of a layer that Lambda puts on ``sys.path``, in their order."""
    return "python/lib/python{}.{}/site-packages".format(*python_version), "python"
