"""The names of the rules are promises. (Pure.)"""

from __future__ import annotations

from lambda_wheels.rules import RULES

PROMISED = """
archive-descriptor archive-directory archive-encrypted archive-end archive-flags archive-inside archive-local-header
archive-members archive-method archive-overlap archive-surplus-bytes archive-too-large archive-unlisted-member
archive-zip64 aws-credentials aws-denied aws-differs aws-failed aws-refused aws-throttled aws-unreachable bad-arn
bad-description bad-index-url bad-keep bad-layer-name bad-lock bad-position bad-requirement bad-script bad-share
bad-waiver boto3-mixed broken-promise bucket-needed bucket-unusable bytecode-by-date bytecode-failed+
bytecode-other-python+ bytecode-stale+ bytecode-unknown bytecode-without-source case-conflict changed-meanwhile
code-storage-full conflict data-collision data-dist-info data-name data-scheme data-several deprecated-runtime
disk-failed dist-info-missing dist-info-name dist-info-several editable editable-install+ entry-point-climbs
entry-points-encoding extension-name+ file-and-folder file-failed file-refused file-twice file-unreachable
foreign-binary+ function-too-large hash-mismatch hash-missing held-back+ image-function import-failed+ imports-not-tried
index-failed index-insecure index-refused index-unreachable layer-changed layer-differs layer-unfit library-elsewhere+
link-leads-out lock-differs lock-incomplete+ lock-not-alone lock-not-for-target lock-without-query member-crc
member-device member-duplicate member-fifo member-file-and-folder member-folder-data member-kind member-name-absolute
member-name-backslash member-name-bidirectional member-name-case member-name-climbs member-name-control member-name-dot
member-name-drive member-name-empty member-name-encoding member-name-hidden member-name-length member-name-reserved
member-name-trailing member-size member-socket member-stream member-symlink metadata-encoding metadata-missing
metadata-name metadata-requires-dist metadata-requires-python+ metadata-size metadata-version missing-library+
missing-requirement+ missing-symbol-version+ mode-not-executable mode-unreadable native-damaged+ native-in-any+
no-binary no-fitting-wheel no-interpreter no-region no-requirement no-sha256 no-such-file no-such-function
no-such-layer-version no-such-project no-such-version no-target not-a-layer not-a-library not-a-wheel not-an-index
not-deleted not-on-path only-prereleases only-sdist only-yanked output-failed output-not-ours output-refused
path-conflict+ pip-failed pip-refused pip-timeout pip-unusable program-refused project-twice+ pth-file+ record-digest+
record-duplicate-row+ record-encoding record-hash+ record-missing record-missing-row+ record-row+ record-size+
record-surplus-row+ requires-python resolution-too-deep several-runtimes shadows-stdlib+ shared-wider
site-customization+ size-unknown store-damaged store-failed store-not-writable string-for-path system-files too-large
too-many-files too-many-layers too-new unknown-architecture unknown-extra+ unknown-file-kind unknown-runtime
update-failed url-credentials variable virtual-environment wheel-build+ wheel-changed wheel-file-encoding
wheel-file-missing wheel-filename wheel-metadata wheel-purelib+ wheel-tags+ wheel-unreadable wheel-version wrong-closure
wrong-environment wrong-machine+ wrong-tag wrong-version+ yanked+
"""
"""Every name, and after a ``+`` those that can be waived: changed only with a CHANGELOG line and a version."""


def test_names_are_promises() -> None:
    """No rule is renamed, taken away, or made waivable or not, by accident."""
    assert sorted(f"{name}+" if rule.waivable else name for name, rule in RULES.items()) == PROMISED.split()
