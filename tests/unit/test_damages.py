"""Each kind of file of a run, damaged in each way: none is used in silence."""

import random
import shutil

import pytest

from mespot.errors import InputError
from mespot.store import tables
from mespot.store.sheet_errors import Errors
from mespot.store.sheet_rows import written
from tests.unit.stored_kinds import KINDS, NAMES, OTHERS, read, write


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


def seal_of(path):
    return path.parent / ".seals" / f"{path.name}.json"


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_passed_over(tmp_path, kind, fault, record_property):
    path = write(kind, tmp_path / "results" / "corpus", NAMES, 1)
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
    record_property("damages", [kind, len(DAMAGES), len(DAMAGES) - len(silent)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("root", ["corpus", "other"])
def test_no_file_stands_for_another(tmp_path, kind, root):
    """With whatever lies beside it, as somebody does who moves files."""
    path = write(kind, tmp_path / "results" / "corpus", NAMES, 1)
    other = write(kind, tmp_path / "results" / root, OTHERS, 2)
    if other == path:  # a corpus has one of these
        return
    path.write_bytes(other.read_bytes())
    if seal_of(other).exists():
        seal_of(path).write_bytes(seal_of(other).read_bytes())
    with pytest.raises(InputError, match=f"{path}: is of .*, expected .*again: rm"):
        read(kind, path)


@pytest.mark.parametrize(
    ("kind", "other"), [("intervals", "candidates"), ("labels", "metrics"), ("labels", "summary")]
)
def test_no_table_stands_for_one_of_another_kind(tmp_path, kind, other):
    """With its seal. Candidates have all columns of intervals."""
    path = write(kind, tmp_path / "results" / "corpus", NAMES, 1)
    others = write(other, tmp_path / "results" / "corpus", NAMES, 2)
    path.write_bytes(others.read_bytes())
    seal_of(path).write_bytes(seal_of(others).read_bytes())
    with pytest.raises(InputError, match=f"is of kind '{other}', expected '{kind}'; .*again: rm"):
        read(kind, path)
    with pytest.raises(InputError, match=f"is of kind '{other}', expected '{kind}'"):
        written(Errors(path), ["subject"])


@pytest.mark.parametrize("kind", ["labels", "intervals", "candidates"])
def test_a_table_of_a_run_that_somebody_names_is_the_one_that_was_written(tmp_path, kind):
    """As `mespot score` and `mespot export` read it, whatever is left of it."""
    path = write(kind, tmp_path / "results" / "corpus", NAMES, 1)
    whole = path.read_text()

    def remarks(table):
        errors = Errors(table)
        written(errors, ["video"], ["subject", "type", "onset"])
        return [text for what, _, text in errors.remarks if what == "doubtful"]

    assert remarks(path) == []
    for damaged in (
        whole.replace("x1", "x2", 1),
        whole.replace("subject", "rubject", 1),
        whole[: whole.rindex("\n", 0, -1) + 1],
        "video\na\n",
    ):
        path.write_text(damaged)
        with pytest.raises(InputError, match="changed after it was .*copy the table elsewhere"):
            remarks(path)
    own = tmp_path / "own.csv"
    own.write_text(damaged)
    assert remarks(own) == []
    path.write_text(whole)
    shutil.rmtree(path.parent / ".seals")
    (remark,) = remarks(path)
    assert "its seal in the hidden folder .seals is gone" in remark


@pytest.mark.parametrize("kind", tables.PLACES)
def test_a_table_without_its_seal_is_refused(tmp_path, kind):
    path = write(kind, tmp_path / "results" / "corpus", NAMES, 1)
    seal = seal_of(path)
    for content in (b"", b"[]", b"{}", b"{" * 100_000, b"\xff"):
        seal.write_bytes(content)
        with pytest.raises(InputError, match=f"again: rm {path}"):
            read(kind, path)
    seal.unlink()
    words = f"{path}: has no seal in .*copy the hidden.*again: rm {path}"
    with pytest.raises(InputError, match=words):
        read(kind, path)
