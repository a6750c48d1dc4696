"""What of pip's configuration counts. (In pip's process; changes its environment.)"""

from __future__ import annotations

import os
from typing import Final

from .telling import emit, shown

KEPT_CONFIGURATION: Final = frozenset(
    """
    cache-dir cert client-cert constraint default-timeout extra-index-url find-links index-url keyring-provider
    no-cache-dir no-index pre prefer-binary proxy pypi-url resume-retries retries timeout trusted-host
    uploaded-prior-to
    """.split()
)
"""The options of the user's pip configuration that are kept: where from, how to get there, and what the user allows."""


def filter_configuration() -> None:
    """Keep of pip's configuration, files and environment, what ``KEPT_CONFIGURATION`` names; the rest is told of."""
    from pip._internal.configuration import Configuration

    configuration = Configuration(isolated=False)
    configuration.load()
    kept: dict[str, str] = {}
    dropped = set()
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for _, values in configuration.items():
        for key, value in values.items():
            section, _, name = key.partition(".")
            sections.get(section, {})[name] = value
    for values in sections.values():  # in the order in which pip lets one overrule the other
        for name, value in values.items():
            if name in KEPT_CONFIGURATION:
                kept[name] = value
            else:
                dropped.add(name)
    dropped.discard("config-file")  # PIP_CONFIG_FILE, which was followed
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        del os.environ[name]
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    for name, value in kept.items():
        os.environ["PIP_" + name.upper().replace("-", "_")] = value
    emit("configuration", kept=sorted(kept), dropped=sorted(dropped), constraint=shown(kept.get("constraint", "")))
