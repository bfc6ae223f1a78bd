"""Notes: everything in a corpus that was odd, and what was done about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

# What was done about something odd. What is doubtful was used as it is.
CHANGED, LEFT_OUT, MISSING, REMARK = "changed", "left out", "missing", "remark"
DOUBTFUL = "doubtful"


@dataclass(frozen=True)
class Note:
    """Something odd. what: one of the words above; where: the row or path."""

    what: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass
class Notes:
    """Notes in the order in which they were made."""

    entries: list[Note] = field(default_factory=list)

    def add(self, what: str, where: str, text: str) -> None:
        self.entries.append(Note(what, where, text))

    def take(self, remarks: Iterable[tuple[str, str, str]]) -> None:
        """Add the remarks of a sheet that was read."""
        self.entries += [Note(*remark) for remark in remarks]


def shown(name: str | Path) -> str:
    """A file name as text that can be printed: bytes that are no UTF-8 become `\\xff`."""
    return str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
