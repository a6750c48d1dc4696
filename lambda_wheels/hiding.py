"""The last net for secrets: no URL in a message shows more than where it leads. (Pure.)

Who shows a URL makes it public first, with all that is known of it. But anything may be a URL with a password, or one
that is signed, that was given where something else belongs: a runtime, a region, a function's name, a path. Messages
repeat what they refuse, so all of them go through this.
"""

from __future__ import annotations

import re
from typing import Final

_SCHEME: Final = r"\b[a-zA-Z][a-zA-Z0-9+.-]+:/{1,2}"
"""A path has one slash of two left. A drive of Windows has one letter."""
_USER: Final = re.compile(rf"({_SCHEME})(?<!file:///)(?!/)(?:[^/?#\n]*|\S*)(?<!\.git)@")
"""All up to the last @: a slash in a password ends the host for a parser only. A revision follows ``.git``."""
_USER_WITHOUT_SCHEME: Final = re.compile(r"(?<![\w/\\.:+@-])(?!arn:|[a-zA-Z]:\\)[\w.~%+-]+:(?!/)[^\s\"'<>]*@(?=[\w\[])")
"""As a proxy may have them, ``user:password@host``. A role's ARN may end in somebody's mail address."""
_QUERY: Final = re.compile(rf"({_SCHEME}[^\s?#]*)[?#]\S*?(?=[\"'<>)\],.;:]*(?:\s|$))")
"""Query and fragment, but for what the sentence around them may end it with."""


def hide_secrets(text: str) -> str:
    """``text`` with every URL in it without user, password, query and fragment."""
    if ":/" in text:
        text = _QUERY.sub(r"\1", _USER.sub(r"\1", text))
    return _USER_WITHOUT_SCHEME.sub("", text) if "@" in text else text
