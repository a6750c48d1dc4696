"""Run aws-lambda-builders as SAM does: ``python -m bench.builders RUNTIME ARCHITECTURE REQUIREMENT…``."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Build ``python/`` in the working directory from the requirements that are named."""
    from aws_lambda_builders.builder import LambdaBuilder

    runtime, architecture, *requirements = sys.argv[1:]
    source = Path("source")
    source.mkdir()
    manifest = source / "requirements.txt"
    manifest.write_text("\n".join(requirements))
    LambdaBuilder(language="python", dependency_manager="pip", application_framework=None).build(
        source_dir=str(source),
        artifacts_dir="python",
        scratch_dir="scratch",
        manifest_path=str(manifest),
        runtime=runtime,
        architecture=architecture,
    )


if __name__ == "__main__":
    main()
