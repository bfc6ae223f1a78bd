"""Each kind of file of a run, damaged in each way: none is used in silence."""

import random

import numpy as np
import pytest
import torch

from mespot.errors import InputError
from mespot.store import io, tables
from mespot.store.schema import LAYOUTS
from mespot.training import checkpoint
from tests.unit.stored_kinds import arrays, attributes

# How files are named: those of one recording, network or table, and another of the same kind.
NAMES = {"video": "v", "encoder": "e", "method": "m", "fold": "g1", "stream": "flow"}
OTHERS = {"video": "w", "encoder": "f", "method": "n", "fold": "g2", "stream": "face"}
ARRAYS = [kind for kind, layout in LAYOUTS.items() if not layout.by_users]
NETWORKS = list(checkpoint.PLACES)
KINDS = [*ARRAYS, *NETWORKS, *tables.PLACES]


def write(kind, root, names, seed):
    """A file of a kind below `root`, and its path."""
    whose = {"corpus": root.name, **names}
    rng = np.random.default_rng(seed)
    if kind in ARRAYS:
        layout = LAYOUTS[kind]
        path = root / layout.path.format(**names)
        attrs = {**attributes(kind), **{n: whose[n] for n in whose if n in layout.attributes}}
        if layout.per_video:
            videos = {"a": arrays(kind, rng), "b": arrays(kind, rng)}
            io.write_videos(path, kind, videos, attrs=attrs, provenance={})
        else:
            io.write(path, kind, arrays(kind, rng), attrs=attrs, provenance={})
    elif kind in NETWORKS:
        path = root / checkpoint.PLACES[kind].format(**names)
        content = dict.fromkeys(checkpoint.KINDS[kind][1], {})
        state = {"weight": torch.from_numpy(rng.random(5000))}
        checkpoint.save(path, kind, {**content, "whose": whose, "state": state})
    else:
        path = root / tables.PLACES[kind].format(**names)
        table = tables.empty(kind).reindex(range(300))
        for number, (name, dtype) in enumerate(tables.COLUMNS[kind].items()):
            table[name] = f"x{seed}" if dtype == tables.TEXT else number + seed
        tables.write(path, kind, table)
    return path


def read(kind, path):
    """All of a file, as the steps read it."""
    if kind in NETWORKS:
        checkpoint.load(path, kind)
    elif kind in tables.PLACES:
        tables.read(path, kind)
    elif LAYOUTS[kind].per_video:
        for record in io.read_videos(path, kind).values():
            dict(record)
    else:
        dict(io.read(path, kind))


def flipped(share):
    def damage(data):
        changed = bytearray(data)
        changed[int((len(data) - 1) * share)] ^= 1
        return bytes(changed)

    return damage


def lost_block(data):
    at = len(data) // 3
    size = min(4096, len(data) // 2)
    return data[:at] + bytes(size) + data[at + size :]


def swapped_blocks(data):
    size = len(data) // 4
    return data[size : 2 * size] + data[:size] + data[2 * size :]


DAMAGES = {
    **{f"a bit at {share:.0%}": flipped(share) for share in (0, 0.3, 0.5, 0.7, 1)},
    "a lost block": lost_block,
    "blocks in another order": swapped_blocks,
    "half of it": lambda data: data[: len(data) // 2],
    "without its end": lambda data: data[:-1],
    "without its last line": lambda data: data[: data.rindex(b"\n", 0, -1) + 1],
    "with more behind it": lambda data: data + b"1",
    "twice": lambda data: data + data,
    "zeros": lambda data: bytes(len(data)),
    "empty": lambda data: b"",
    "noise": lambda data: random.Random(0).randbytes(len(data)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_passed_over(tmp_path, kind):
    path = write(kind, tmp_path / "corpus", NAMES, 1)
    read(kind, path)
    whole, silent = path.read_bytes(), []
    for name, damage in DAMAGES.items():
        path.write_bytes(damage(whole))
        try:
            read(kind, path)
            silent.append(name)
        except InputError as error:
            assert str(path) in str(error) and f"again: rm {path}" in str(error), (name, error)
    assert silent == []
    path.write_bytes(whole)
    read(kind, path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("root", ["corpus", "other"])
def test_no_file_stands_for_another(tmp_path, kind, root):
    """With whatever lies beside it, as somebody does who moves files."""
    path = write(kind, tmp_path / "corpus", NAMES, 1)
    other = write(kind, tmp_path / root, OTHERS, 2)
    if other == path:  # a corpus has one of these
        return
    hidden = (path.parent / ".seals" / f"{path.name}.json",
              other.parent / ".seals" / f"{other.name}.json")  # fmt: skip
    path.write_bytes(other.read_bytes())
    if hidden[1].exists():
        hidden[0].write_bytes(hidden[1].read_bytes())
    with pytest.raises(InputError, match=f"{path}: is of .*, expected .*again: rm"):
        read(kind, path)


@pytest.mark.parametrize("kind", tables.PLACES)
def test_a_table_without_its_seal_is_refused(tmp_path, kind):
    path = write(kind, tmp_path / "corpus", NAMES, 1)
    seal = path.parent / ".seals" / f"{path.name}.json"
    for content in (b"", b"[]", b"{}", b"{" * 100_000, b"\xff"):
        seal.write_bytes(content)
        with pytest.raises(InputError, match=f"again: rm {path}"):
            read(kind, path)
    seal.unlink()
    with pytest.raises(InputError, match=f"{path}: has no seal in .*again: rm {path}"):
        read(kind, path)
