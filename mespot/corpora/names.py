"""Names of subjects and videos: they become names of files and wildcards of the workflow."""

import re

NAME = re.compile(r"[A-Za-z0-9._-]+")
CHARACTERS = "A-Z a-z 0-9 . _ -"
RESERVED = ("all", ".", "..")  # `all` is the row of totals in metrics.csv


def usable(name: str) -> bool:
    """Whether a name can be that of a subject or video."""
    return bool(NAME.fullmatch(name)) and name not in RESERVED
