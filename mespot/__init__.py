"""mespot: spotting of micro- and macro-expressions in long face videos.

Implements and extends Wang, Guo and Xia, "3D Feature Extraction Network Based on Self-supervision
for Micro-expression Spotting" (ICIPMC 2024).
"""

from typing import Any

__all__ = ["__version__"]

__version__: str  # that of the installed package


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("mespot")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
