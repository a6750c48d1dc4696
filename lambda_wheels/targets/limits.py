"""How large Lambda, and a plain zip, let things be. (Pure table.)

Sources: AWS, "Lambda quotas" (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html); PKWARE's APPNOTE 4.4
for what a zip without zip64 can hold.
"""

from __future__ import annotations

from typing import Final

UNZIPPED_LIMIT: Final = 262_144_000
"""Bytes, unzipped, that a function may have with all its layers."""
DIRECT_UPLOAD_LIMIT: Final = 52_428_800
"""Bytes, zipped, up to which a layer can be published without S3."""
ZIP_ENTRIES_LIMIT: Final = 65_534
"""Files in a zip: one more is the number that means "see zip64", and whether Lambda reads zip64 is not known."""
ZIP_SIZE_LIMIT: Final = 0xFFFF_FFFE
"""Bytes of a zip, and of a file in it, for the same reason."""
