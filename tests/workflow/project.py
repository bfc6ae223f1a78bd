"""A copy of the project in a folder of its own, and Snakemake run in it as a user would."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What a run needs; results and caches stay behind.
PARTS = ["Snakefile", "config.yaml", "docs", "envs", "mespot", "profiles", "rules"]
PARTS += ["workflow_scripts"]

# How README.md says that a wheel is made and installed.
WHEEL = ("pip wheel --no-deps -w dist .", "pip install dist/mespot-*.whl")

# The smallest run that still goes through every rule: 3 people, a video each, a few steps of
# training. Its scores mean nothing.
TINY = """\
demo: {subjects: 3, videos_per_subject: 1, seconds: 8.0, micro_per_video: 3.0, macro_per_video: 2.0}
pretrain: {epochs: 2, steps_per_epoch: 2, batch_size: 2}
spotting: {learned: {epochs: 2, repeats: 1}}
evaluation: {folds: loso, n_bootstrap: 50}
"""


def copy(folder: Path) -> Path:
    """Copy the project to `folder` with the tiny configuration in tiny.yaml beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=ignored)
        else:
            shutil.copy2(source, folder / part)
    (folder / "tiny.yaml").write_text(TINY)
    return folder


def command(
    *arguments: str, cores: int = 2, configs: tuple[str, ...] = ("tiny.yaml",)
) -> list[str]:
    base = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
    return [*base, "--configfile", "config.yaml", *configs, "--", *arguments]


def environment(*, cluster: bool = False) -> dict[str, str]:
    # Snakemake puts its folder of caches below HOME; nothing of the caller's should matter.
    own = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEMAKE")}
    # Snakemake's plugin asks for a Slurm whenever Snakemake or a job of it starts. Where one is
    # configured that is down, as after the tests with Slurm, it waits for 9 s each time.
    return own if cluster else {**own, "SLURM_CONF": os.devnull}


def snakemake(
    folder: Path, *arguments: str, options: tuple[str, ...] = (), **keywords
) -> subprocess.CompletedProcess:
    """Run Snakemake on targets; options go before them. Output and errors come together."""
    line = command(*arguments, **keywords)
    place = line.index("--configfile")
    line[place:place] = options
    return subprocess.run(
        line,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )


def planned(output: str) -> set[str]:
    """Names of the rules in the table of jobs that a dry run prints."""
    table = re.search(r"^job\s+count\n[-\s]+\n(.*?)\n\n", output, re.M | re.S)
    if table is None:
        assert "Nothing to be done" in output, output
        return set()
    return {line.split()[0] for line in table[1].splitlines()} - {"total"}


def copy_finished(finished: Path, folder: Path) -> None:
    """Copy a finished run with its results, its time stamps and what Snakemake knows of it."""
    shutil.copytree(finished, folder, copy_function=shutil.copy2, symlinks=True)
