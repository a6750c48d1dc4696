"""The last net for secrets: no URL in a message shows more than where it leads. (Pure.)

Who shows a URL makes it public first, with all that is known of it. But anything may be a URL with a password, or one
that is signed, that was given where something else belongs: a runtime, a region, a function's name, a path. Messages
repeat what they refuse, so all of them go through this.

A message can be a stranger's text of a megabyte. Each expression looks at a character a few times only: where it finds
nothing behind one place it goes on behind all that it has looked at, since behind the next there is nothing either.
"""

from __future__ import annotations

import re
from typing import Final

_SCHEME: Final = r"(?<=[a-zA-Z0-9+.-]{2}):/{1,2}"
"""The end of one. A path has one slash or two left. A drive of Windows has one letter."""
_REPOSITORY: Final = r"""\+[a-z]{3,5}://[\w-]+\.[\w.-]+/[\w./~+%-]*@[\w.-]+(?=['"),;]{0,2}(?:\s|\Z))"""
"""Of a URL without a user, from the middle of its scheme to its revision: no password, nor a part of one."""
_USER: Final = re.compile(rf"({_REPOSITORY}|{_SCHEME})(?!/)(?:(?<=/)\S*(?<!\.git)@)?(\S*)")
"""All up to the last @: a slash in a password ends the host for a parser only. A revision follows ``.git``."""
_NO_USER: Final = (
    r"(?![\w.-]+:\d{1,5}: |[\w-]+\.[\w.-]+: "  # a host with what is wrong with it
    r"|[\w.-]+(?::\d{1,5})?[,;]? [^/?#\n@]* @ [a-zA-Z][a-zA-Z0-9+.-]*:/)"  # a sentence up to a NAME @ URL
)
"""Not a host alone that is followed by words, of which a later one has an @."""
_USER_OF_WORDS: Final = re.compile(rf"({_SCHEME})(?!/){_NO_USER}[^/?#\n]*(?<!\.git)@")
"""With spaces, but without what ends a host."""
_USER_WITHOUT_SCHEME: Final = re.compile(
    r"""(?<![\w.~%+-])((?<=[/\\:@])[\w.+-]*[~%]|(?<![/\\:@]))  # where a name can begin
    (?!arn:|[a-zA-Z]:\\)
    (?:[\w.~%+-]+:(?!/)[^\s"'<>]*@(?=[\w\[])|([\w.~%+-]+:(?!/)[^\s"'<>]*))""",
    re.VERBOSE,
)
"""As a proxy may have them, ``user:password@host``. A role's ARN may end in somebody's mail address."""
_QUERY: Final = re.compile(rf"({_SCHEME}[^\s?#]*)(?:[?#](?:\S*[^\s\"'<>)\],.;:])?)?")
"""Query and fragment, but for what the sentence around them may end it with."""


def hide_secrets(text: str) -> str:
    """``text`` with every URL in it without user, password, query and fragment."""
    if ":/" in text:
        text = _QUERY.sub(r"\1", _USER_OF_WORDS.sub(r"\1", _USER.sub(r"\1\2", text)))
    return _USER_WITHOUT_SCHEME.sub(r"\1\2", text) if "@" in text else text
