"""From motion and scores to intervals; arrays only."""

from mespot.spotting.smoothed import peaks

__all__ = ["peaks"]
