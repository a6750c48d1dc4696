"""Does it import: every module of a layer, each in a process of the Python that it is for."""

from typing import TYPE_CHECKING

from lambda_wheels.doors import opened_later

if TYPE_CHECKING:
    from lambda_wheels.imports.importing import import_layer

__all__ = ["import_layer"]

__getattr__ = opened_later(__name__, {"import_layer": "importing"})
