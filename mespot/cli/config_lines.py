"""Lines for a config file, as commands print them for what they have written."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def corpus(name: str, section: Mapping[str, Path | None]) -> str:
    """The lines that make `name` the corpus of a run, with these paths.

    Paths are whole, because the run is started in another folder, and in quotes where YAML needs
    them.
    """
    keys: dict[str, Any] = {
        "corpora": [name],
        name: {key: path and str(path.absolute()) for key, path in section.items()},
    }
    lines = yaml.safe_dump(
        keys, default_flow_style=None, sort_keys=False, allow_unicode=True, width=math.inf
    )
    return str(lines).rstrip("\n")
