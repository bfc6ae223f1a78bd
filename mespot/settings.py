"""From the keys of config.yaml to dataclasses with fields of the same names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from mespot.errors import InputError


def fill(
    where: str, settings: Mapping[str, Any], *kinds: Any, without_effect: Collection[str] = ()
) -> tuple[Any, ...]:
    """An instance of each dataclass in `kinds`, filled from one flat mapping of settings.

    without_effect: keys that change nothing here. They may be missing and are not read; their
    fields keep their defaults. Raises InputError, which begins with `where`, for keys that are
    missing or that no dataclass has.
    """
    names = {kind: [field.name for field in fields(kind)] for kind in kinds}
    known = [name for own in names.values() for name in own]
    missing = [n for n in known if n not in settings and n not in without_effect]
    unknown = [n for n in settings if n not in known]
    mistakes = []
    if missing:
        mistakes.append(f"lacks {', '.join(missing)}")
    if unknown:
        mistakes.append(f"knows no {', '.join(unknown)}")
    if mistakes:
        raise InputError(f"{where}: {'; '.join(mistakes)}")
    return tuple(
        kind(**{name: settings[name] for name in own if name not in without_effect})
        for kind, own in names.items()
    )
