"""Config files as they are written: a YAML file is read, and what YAML would pass over is refused.

YAML takes the last of two equal keys and has numbers that are none. Both change results in silence.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, islice
from pathlib import Path
from typing import Any

import yaml

from mespot.errors import InputError
from mespot.limits import CONFIG_BYTES, CONFIG_DEPTH, CONFIG_VALUES
from mespot.store.files import regular

# The loader in C, where PyYAML has it, takes a sixth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SHOWN = 20  # faults
_FLOAT = "tag:yaml.org,2002:float"
_MERGE = "tag:yaml.org,2002:merge"


def read(path: str | Path) -> Any:
    """What a config file holds.

    Raises InputError, with the line, for a file that is no YAML, that has a key twice, or a number
    that is infinite or none.
    """
    text = _text(path)
    try:
        _check_size(text)
        node = yaml.compose(text, LOADER)
        faults = [] if node is None else list(islice(_faults(node, count()), _SHOWN))
        if faults:
            raise InputError("\n".join(f"{path}: {fault}" for fault in faults))
        return yaml.load(text, LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = "" if mark is None else f"line {mark.line + 1}: "
        raise InputError(f"{path}: {line}is not YAML; correct it: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path}: is not YAML; correct it: {error}") from None
    except RecursionError:
        raise InputError(f"{path}: is nested too deeply; correct it") from None


def merged(paths: Iterable[str | Path]) -> dict[str, Any]:
    """The config of several files: sections of a later one are put over those before, key by key.

    Raises InputError for a file that `read` refuses, or that holds no sections.
    """
    config: dict[str, Any] = {}
    for path in paths:
        section = read(path)
        if not isinstance(section, dict):
            raise InputError(f"{path}: holds no sections; correct it")
        _put(config, section)
    return config


def _put(config: dict[str, Any], section: Mapping[str, Any]) -> None:
    for name, value in section.items():
        if isinstance(value, Mapping):
            below = config.get(name)
            config[name] = dict(below) if isinstance(below, Mapping) else {}
            _put(config[name], value)
        else:
            config[name] = value


def not_finite(config: Any, where: str = "") -> Iterator[str]:
    """A line for each number of a config that is infinite or none, with its key."""
    if isinstance(config, Mapping):
        for key, value in config.items():
            yield from not_finite(value, f"{where}.{key}" if where else str(key))
    elif isinstance(config, (list, tuple)):
        for index, value in enumerate(config):
            yield from not_finite(value, f"{where}.{index}")
    elif isinstance(config, float) and not math.isfinite(config):
        yield f"{where}: {config} is no finite number; write one"


def _text(path: str | Path) -> str:
    try:
        return regular(path, CONFIG_BYTES).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; correct the path") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not YAML; correct it: {error}") from None


def _check_size(text: str) -> None:
    """Raises YAMLError for what no config is, before it is composed: the composer calls itself for
    each level, and the one in C may end the process where these are too many."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, LOADER)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > CONFIG_DEPTH:
            raise yaml.YAMLError(f"it has more than {CONFIG_DEPTH} levels")
        if number > 3 * CONFIG_VALUES:
            raise yaml.YAMLError(f"it has more than {CONFIG_VALUES} values")


def _faults(
    node: Any, values: Iterator[int], where: str = "", above: tuple[Any, ...] = ()
) -> Iterator[str]:
    """What is wrong in a node and below. values: counts them. above: the nodes that it lies in."""
    if next(values) > CONFIG_VALUES:  # those that aliases repeat, each time
        raise yaml.YAMLError(f"it has more than {CONFIG_VALUES} values")
    if any(node is one for one in above):
        yield f"line {node.start_mark.line + 1}: {where}: holds itself; write it out"
        return
    inside = (*above, node)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "a key"
            own = f"{where}.{name}" if where else name
            line = key.start_mark.line + 1
            if name in lines and key.tag != _MERGE:
                first = lines[name]
                yield f"line {line}: {own}: is already in line {first}; remove one of them"
            lines.setdefault(name, line)
            yield from _faults(value, values, own, inside)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _faults(value, values, f"{where}.{index}", inside)
    elif node.tag == _FLOAT and not _finite(node.value):
        line = node.start_mark.line + 1
        yield f"line {line}: {where}: {node.value} is no finite number; write one"


def _finite(text: str) -> bool:
    if text.lower().lstrip("+-") in (".nan", ".inf"):
        return False
    try:
        return math.isfinite(float(text.replace("_", "")))
    except ValueError:  # a number in base 60, such as 1:30.5
        return True
