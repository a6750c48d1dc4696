"""What the runtimes bring along beside the standard library. (Pure table.)

Source: AWS, "Runtime-included SDK versions" (docs.aws.amazon.com/lambda/latest/dg/lambda-python.html), and the images
of the managed runtimes. Which versions these are is not published, and differs between regions.
"""

from __future__ import annotations

from typing import Final

from packaging.utils import NormalizedName

SDK: Final = frozenset(map(NormalizedName, ("boto3", "botocore", "s3transfer")))
"""AWS's SDK: three projects that are released together."""
PROVIDED: Final = SDK | frozenset(map(NormalizedName, ("jmespath", "python-dateutil", "six", "urllib3")))
"""The SDK and all that it needs."""
