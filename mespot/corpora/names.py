"""Names of subjects and videos: they become names of files and wildcards of the workflow."""

import re
import unicodedata
from collections.abc import Iterable

NAME = re.compile(r"[A-Za-z0-9._-]+")
CHARACTERS = "A-Z a-z 0-9 . _ -"
RESERVED = ("all", ".", "..")
# What a path cannot have, because a workflow takes it for the name of a wildcard.
BRACES = re.compile(r"[{}]")
# File names have 255 bytes, and temporary ones carry the name of the machine and a suffix as well.
LONGEST = 150


def fault(name: str) -> str | None:
    """Why a name cannot be that of a subject or video, and what to do; None where it can."""
    if not NAME.fullmatch(name):
        return f"may have the characters {CHARACTERS} only; rename it"
    if name.lower() == "all":
        return "is reserved for the totals of the tables and the folder of all subjects; rename it"
    if name in RESERVED:
        return "is reserved; rename it"
    if len(name) > LONGEST:
        return f"has {len(name)} characters, and file names have room for {LONGEST}; shorten it"
    return None


def usable(names: Iterable[str]) -> dict[str, str]:
    """For each of some different names one that can be that of a subject or video: itself where it
    can. Letters lose their marks, what is left becomes `_`, and equal names get numbers."""
    found: dict[str, str] = {}
    names = list(names)
    taken = {name.lower() for name in names if fault(name) is None}
    for name in names:
        if fault(name) is None:
            found[name] = name
            continue
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        plain = "_".join(NAME.findall(plain))[: LONGEST - 10]
        plain = plain if fault(plain) is None else f"video_{plain.strip('.')}".rstrip("_")
        number, own = 1, plain
        while own.lower() in taken:
            number += 1
            own = f"{plain}_{number}"
        taken.add(own.lower())
        found[name] = own
    return found
