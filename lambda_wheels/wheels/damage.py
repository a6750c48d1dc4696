"""A member that cannot be read as the archive says: raised and caught inside this room. (Pure.)"""

from __future__ import annotations


class DamagedMemberError(Exception):
    """One member is damaged; nothing is known yet of the others."""

    def __init__(self, rule: str, message: str, *, member: str | None = None) -> None:
        """``member`` names another member than the one in hand."""
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.member = member
