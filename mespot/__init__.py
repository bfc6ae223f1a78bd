"""mespot: spotting of micro- and macro-expressions in long face videos.

    found = mespot.spot("anna.mp4")
    found.intervals; found.scores; found.plot()

Implements and extends Wang, Guo and Xia, "3D Feature Extraction Network Based on Self-supervision
for Micro-expression Spotting" (ICIPMC 2024).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mespot.api import Crops, Faces, Found, Motion, crops, flow, score, spot, track
    from mespot.own_model import example, train

__all__ = [
    "Crops",
    "Faces",
    "Found",
    "Motion",
    "crops",
    "example",
    "flow",
    "score",
    "spot",
    "track",
    "train",
]

__version__: str  # that of the installed package


def __getattr__(name: str) -> Any:
    # When they are asked for: they load libraries that take seconds.
    if name == "__version__":
        from importlib.metadata import version

        return version("mespot")
    if name in ("example", "train"):
        from mespot import own_model

        return getattr(own_model, name)
    if name in __all__:
        from mespot import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
