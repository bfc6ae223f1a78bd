"""Small folders of motion, as the corpus `motion` reads them."""

import numpy as np

from mespot import config
from tests.workflow.project import ROOT

REGIONS = ["left_brow", "right_brow", "mouth"]
HEADER = "subject,video,path,fps,first_frame,every,n_frames"
LABELS = "subject,video,onset,apex,offset,type"


def section(root, **keys):
    """The section `motion` of a config."""
    empty = {"videos": None, "annotations": None, "regions": None, "settings": {}}
    return {"root": None if root is None else str(root), **empty, **keys}


def config_of(root, **keys):
    """The default config with this corpus alone."""
    default = config.load(ROOT / "config.yaml")
    return {**default, "corpora": ["motion"], "motion": section(root, **keys)}


def moved(rows, seed=0):
    """Random displacements (rows, R, 2) float32."""
    return np.random.default_rng(seed).normal(size=(rows, len(REGIONS), 2)).astype(np.float32)


def make(root, *, rows=99, every=1, fps=30, first=1, labels=True, subjects=("a", "b", "c")):
    """A folder with a series, a micro- and a macro-expression of each subject."""
    (root / "motion").mkdir(parents=True)
    (root / "regions.txt").write_text("\n".join(REGIONS) + "\n")
    lines, marked = [HEADER], [LABELS]
    n_frames = rows * every + 1
    for number, subject in enumerate(subjects):
        path = f"motion/{subject}1.npy"
        np.save(root / path, moved(rows, number))
        lines.append(f"{subject},{subject}1,{path},{fps},{first},{every},{n_frames}")
        at = first + 10 * every
        marked.append(f"{subject},{subject}1,{at},{at + 5 * every},{at + 9 * every},micro")
        marked.append(f"{subject},{subject}1,{at + 30 * every},,{at + 60 * every},macro")
    (root / "videos.csv").write_text("\n".join(lines) + "\n")
    if labels:
        (root / "annotations.csv").write_text("\n".join(marked) + "\n")
    return root
