"""Folders of a corpus: looked for and listed without ever listing the frames of a video.

Names are sorted with their numbers as numbers. What operating systems leave behind (Thumbs.db,
._ files, __MACOSX) is passed over, and so is whatever a link leads to outside the corpus's root.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mespot.corpora.names import fault
from mespot.corpora.notes import DOUBTFUL, LEFT_OUT, REMARK, Notes, shown
from mespot.corpora.workbook import SUFFIXES
from mespot.errors import InputError
from mespot.store.paths import FILE, kind_at
from mespot.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

_OTHER = frozenset({".zip", ".rar", ".7z", ".gz", ".pdf", ".doc", ".docx", ".md", ".py", ".m"})
_STRAY = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "lost+found"})


def natural(name: str) -> list[Any]:
    """Sort key in which the numbers of a name count as numbers: img_2 before img_10."""
    parts = re.split(r"([0-9]+)", name)
    # A pair for each number: its length tells it apart, so that none is too long for int().
    keys: list[Any] = []
    for place, part in enumerate(parts):
        digits = part.lstrip("0")
        keys.append((len(digits), digits) if place % 2 else part.lower())
    return [keys, name]


def entries(folder: Path) -> tuple[list[str], list[str]]:
    """Names of the folders and of the files in `folder`, sorted, hidden and stray ones left out.

    A folder that holds images is a video and is not listed any further: what it has is ([], []).
    Raises InputError when it is not there or cannot be read.
    """
    folders, files = [], []
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                if entry.name.startswith(".") or entry.name.lower() in _STRAY:
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES:
                    return [], []
                else:
                    files.append(entry.name)
    except FileNotFoundError:
        raise InputError(f"{shown(folder)}: does not exist; correct the root") from None
    except NotADirectoryError:
        raise InputError(f"{shown(folder)}: is a file; give a folder as the root") from None
    except OSError as error:
        raise InputError(
            f"{shown(folder)}: cannot be listed: {error.strerror}; check the folder's permissions"
        ) from None
    return sorted(folders, key=natural), sorted(files, key=natural)


def find_trees(root: Path, is_tree: Callable[[Path, list[str]], bool], depth: int) -> list[Path]:
    """Folders of which `is_tree` is true, at most `depth` levels below `root` or the root itself.

    is_tree gets a folder and the names of the folders and files in it. All folders returned are of
    one level, the nearest to the root that has any. Raises InputError when the root itself cannot
    be listed.
    """
    level = [root]
    for _ in range(depth + 1):
        trees, below = [], []
        for folder in level:
            try:
                folders, files = entries(folder)
            except InputError:
                if folder == root:
                    raise
                continue
            if is_tree(folder, folders + files):
                trees.append(folder)
            below += [folder / name for name in folders]
        if trees:
            return trees
        level = below
    return []


def first_tree(
    root: Path, trees: list[Path], what: str, corpus: str, notes: Notes, hint: str = ""
) -> Path:
    """The first of the folders of videos; the others are noted as not read.

    Raises InputError when there is none (`what` was looked for) or it leads out of `root`. hint:
    how to have another one read.
    """
    if not trees:
        raise InputError(f"{shown(root)}: has no folder {what}; give the root of {corpus}")
    tree = trees[0]
    if not inside(root, tree, notes):
        raise InputError(f"{notes.entries[-1]}; give that folder as the root")
    for other in trees[1:]:
        notes.add(REMARK, shown(other), f"not read: {shown(tree)} is{hint}")
    return tree


def root_and_beside(root: Path, trees: list[Path]) -> list[Path]:
    """The root and the folder that holds the first tree: where workbooks are handed out."""
    return [root, *(tree.parent for tree in trees[:1] if tree != root)]


def recordings_by_subject(
    tree: Path,
    root: Path,
    subject: re.Pattern[str],
    example: str,
    notes: Notes,
    video: re.Pattern[str] | None = None,
) -> Iterator[tuple[str, str, Path]]:
    """Subject, name and path of each recording in the folders of subjects in `tree`.

    Folders whose name is not a `subject` (such as `example`) are left out and noted. Two that
    differ in the case of letters only are one subject on many disks: the second is left out.
    video: see `recordings`; without it, videos are called after their subjects as well.
    """
    first: dict[str, str] = {}
    for folder in entries(tree)[0]:
        if not subject.fullmatch(folder):
            notes.add(LEFT_OUT, shown(tree / folder), f"not the folder of a subject ({example})")
        elif (same := first.setdefault(folder.lower(), folder)) != folder:
            text = f"name differs from {same} in the case of letters only; rename it to use it"
            notes.add(LEFT_OUT, shown(tree / folder), text)
        elif inside(root, tree / folder, notes):
            prefix = f"{folder}_" if video is None else ""
            for name, path in recordings(tree / folder, root, notes, video, prefix):
                yield folder, name, path


def recordings(
    folder: Path,
    root: Path,
    notes: Notes,
    video: re.Pattern[str] | None = None,
    prefix: str = "",
) -> list[tuple[str, Path]]:
    """Name and path of each folder and video file in `folder` that can be a recording.

    The name of a video file goes without its suffix. Names that cannot be ids, with `prefix` before
    them, and links that leave `root` are left out and noted. video: how names begin; others are
    given as they are, because the caller knows better why they are not used.
    """
    folders, files = entries(folder)
    named = [(name, folder / name) for name in folders]
    for file in files:
        stem, suffix = os.path.splitext(file)
        broken = not (folder / file).exists()  # a link to nowhere may have been a folder
        if suffix.lower() in VIDEO_SUFFIXES or broken:
            named.append((file if broken else stem, folder / file))
    kept = []
    first: dict[str, str] = {}
    for name, path in sorted(named, key=lambda pair: natural(pair[0])):
        if video is not None and not video.match(name):
            kept.append((name, path))
        elif (why := fault(prefix + name)) is not None:
            notes.add(LEFT_OUT, shown(path), f"name {why} to use it")
        elif (same := first.setdefault(name.lower(), name)) != name:
            text = f"name differs from {same} in the case of letters only; rename it to use it"
            notes.add(LEFT_OUT, shown(path), text)
        elif inside(root, path, notes):
            kept.append((name, path))
    return kept


def inside(root: Path, path: Path, notes: Notes) -> bool:
    """Whether `path` stays below `root` when links are followed; a note is made where not."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        notes.add(LEFT_OUT, shown(path), "is a link that leads nowhere")
        return False
    if target.is_relative_to(root.resolve()):
        return True
    notes.add(LEFT_OUT, shown(path), f"is a link to {shown(target)}, outside the root")
    return False


def find_workbooks(
    given: Any, folders: list[Path], names: re.Pattern[str], what: str, *, several: bool = False
) -> list[Path]:
    """The annotation workbook: as given in the config, or the only file of a fitting name.

    given: a path or None; folders: where to look, in order; names: of files without suffix. Where
    `several` may be, all in all folders count. Raises InputError when there is none or more than
    may be.
    """
    if given:
        paths = [Path(given)] if isinstance(given, (str, Path)) else [Path(one) for one in given]
        for path in paths:
            if kind_at(path) != FILE:
                raise InputError(f"{shown(path)}: no such workbook; correct the key `workbook`")
        return paths
    folders = list(dict.fromkeys(folders))
    found = []
    for folder in folders:
        fitting = [path for path in _named(folder, names) if path.suffix.lower() in SUFFIXES]
        if several:
            found += fitting
            continue
        if len(fitting) == 1:
            return fitting
        if fitting:
            listed = ", ".join(path.name for path in fitting)
            raise InputError(
                f"{shown(folder)}: {len(fitting)} workbooks of {what} ({listed}); "
                "choose one with the key `workbook`"
            )
    if found:
        return found
    if others := [path for folder in folders for path in _named(folder, names)]:
        raise InputError(
            f"{shown(others[0])}: cannot be read as a workbook of {what}; save it as .xlsx"
        )
    searched = ", ".join(shown(folder) for folder in folders)
    raise InputError(
        f"{searched}: no workbook of {what}; put it there, or give its path with the key `workbook`"
    )


def note_unread(paths: Sequence[Path], names: re.Pattern[str], notes: Notes) -> None:
    """Note files beside the workbooks that are called like one and cannot be read."""
    for folder in dict.fromkeys(path.parent for path in paths):
        for path in _named(folder, names):
            if path.suffix.lower() not in SUFFIXES:
                text = "is called like a workbook and is not read; save it as .xlsx to use it"
                notes.add(DOUBTFUL, shown(path), text)


def _named(folder: Path, names: re.Pattern[str]) -> list[Path]:
    """Files of a fitting name that are documents; Excel's lock files `~$...` are none."""
    files = [folder / name for name in entries(folder)[1] if not name.startswith("~$")]
    return [path for path in files if names.search(path.stem) and not _is_other(path)]


def _is_other(path: Path) -> bool:
    """Whether a file is surely no table: a recording, an archive, a paper, a text to read."""
    return path.suffix.lower() in VIDEO_SUFFIXES | _OTHER
