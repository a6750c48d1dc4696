"""The command: from arguments to the library and back to words. The only place that prints."""

from lambda_wheels.cli.main import main

__all__ = ["main"]
