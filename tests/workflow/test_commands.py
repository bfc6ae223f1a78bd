"""Every command of README.md and of the pages on single commands runs as it is printed there."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from snakemake.cli import parse_args

from mespot.store import tables
from tests import trees
from tests.workflow import project

PAGES = ["README.md"]
PAGES += [f"docs/{name}.md" for name in ("spot", "formats", "review", "active-learning")]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
PROGRAMS = ("mespot", "snakemake", "pip", "pytest", "awk", "cat", "$")

# What is run in the tests below, as printed.
SPOT = "mespot spot anna.mp4"
SCORE = "mespot score --labels annotations.csv --predictions intervals.csv --videos videos.csv"
RUN = [
    SPOT,
    "mespot inspect mespot-results/anna/scores.h5 --video mespot-results/anna/check.mp4",
    f"{SCORE} --rule all",
    "mespot export results/sheet/intervals/learned/*.csv --videos videos.csv --format elan"
    " --out elan/",
    "mespot export intervals.csv --videos anna_1.mp4 --format webvtt --out anna_1.vtt",
    "mespot export *_annotations.csv --videos videos.csv --format boris --out study.boris",
    "mespot export *_annotations.csv --videos videos.csv --format elan --out elan/",
    "awk 'FNR > 1 || NR == 1' *_annotations.csv > annotations.csv",
    "mespot corpus collect *_decisions.csv --videos mespot-results/summary.csv --out reviewed",
    "$ awk -F, 'NR == 1 || $5 == \"all\"' results/metrics.csv | cut -d, -f2,4,7-17",
    # Corpora lie where their owner has put them: a folder of the test stands for /data.
    "mespot corpus check /data/SAMM_LV --kind samm_lv",
]
# Too long for a test: a program of the same name takes note of the arguments, which are checked.
NOTED = [
    # .ci/run runs the two as they are.
    "pip install -e . && snakemake --cores 8 results/metrics.csv",
    'pip install -e ".[test]" && pytest',
    'pip install -e ".[slurm]"',
    "snakemake --cores 8 all",
    "snakemake --report results/report.html",
    "snakemake --cores 8 results/overview.html",
    "snakemake --cores 8 review",
    "snakemake --cores 8 --configfile config.yaml config/samm_lv.yaml -- all",
    "snakemake --cores 8 --configfile config.yaml next.yaml -- results/model.pt",
    "snakemake --cores 8 --configfile config.yaml mine.yaml -- results/model.pt",
    "snakemake --profile profiles/slurm results/metrics.csv",
    "cat > mine.yaml <<END\ncorpora: [sheet]\nsheet: {videos: /data/study/videos.csv, annotations:"
    " /data/study/annotations.csv}\nevaluation: {folds: loso}\nEND",
    "snakemake --cores 8 --configfile config.yaml mine.yaml -- all",
]
# As SPOT, which takes seconds: their arguments are read by the parser of mespot.
PARSED = [
    "mespot spot recordings/ --out results",
    "mespot spot frames/anna --fps 200",
    "mespot spot anna.mp4 --model my_model.pt",
    "mespot spot anna.mp4 --training-free",
    "mespot spot anna.mp4 --review",
    "mespot spot recordings/ --review",
    "mespot spot recordings/ --review --model results/model.pt --out second-round",
]
ELSEWHERE = [
    # Minutes: tests/unit/test_reviewing.py runs it on less.
    "mespot benchmark --review results --seeds 3",
    *project.WHEEL,  # tests/workflow/test_wheel.py runs them.
]


def commands(page):
    """The commands in the fenced blocks of a page, without comments; others are no commands."""
    found = []
    for language, block in FENCE.findall((project.ROOT / page).read_text()):
        if language not in ("", "bash", "sh") or block.split()[0] not in PROGRAMS:
            continue
        text = re.sub(r" *\\\n *", " ", re.sub(r"  +#.*", "", block))
        here = re.compile(r"^cat .*<<(\w+)\n.*?^\1$|^[^\n]+$", re.M | re.S)
        lines = [match[0] for match in re.finditer(here, text)]
        found += [lines[0]] if lines[0].startswith("$") else lines
    return found


def all_commands():
    return list(dict.fromkeys(one for page in PAGES for one in commands(page)))


def test_every_command_is_run_or_said_why_not():
    assert sorted(all_commands()) == sorted([*RUN, *NOTED, *PARSED, *ELSEWHERE])


def test_commands_are_found_in_a_page():
    assert len(commands("README.md")) >= 14
    assert any(one.startswith("cat > mine.yaml <<END\ncorpora") for one in all_commands())


def run(command, folder, **variables):
    """A command line in the shell of a user, in a folder of his."""
    bin_ = str(Path(sys.executable).parent)
    environment = project.environment() | {"PYTHONPATH": str(project.ROOT)}
    path = f"{folder / 'bin'}:{bin_}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", command.removeprefix("$ ")],
        cwd=folder,
        env=environment | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """Files of the names that the commands have, made from a tiny run."""
    place = tmp_path_factory.mktemp("user")
    demo = finished / "results" / "demo"
    recorded = demo / "corpus" / "videos" / "s01_1.mp4"
    for name in ("anna.mp4", "anna_1.mp4", "ben_1.mp4"):
        shutil.copy(recorded, place / name)
    sheet = place / "results" / "sheet" / "intervals" / "learned"
    sheet.mkdir(parents=True)
    parts = [pd.read_csv(p) for p in sorted((demo / "intervals" / "learned").glob("*.csv"))]
    intervals = pd.concat(parts).assign(video="anna_1", subject="anna")
    intervals.to_csv(place / "intervals.csv", index=False)
    shutil.copy(place / "intervals.csv", sheet / "g1.csv")
    shutil.copy(finished / "results" / "metrics.csv", place / "results")
    (place / "videos.csv").write_text(
        "subject,video,path,fps,n_frames\nanna,anna_1,anna_1.mp4,30,240\n"
        "ben,ben_1,ben_1.mp4,30,240\n"
    )
    for name, first in (("anna_1", 10), ("ben_1", 20)):
        subject = name.removesuffix("_1")
        rows = f"{subject},{name},{first},,{first + 9},micro\n"
        text = f"subject,video,onset,apex,offset,type\n{rows}"
        (place / f"{name}_annotations.csv").write_text(text)
    (place / "annotations.csv").write_text(
        "subject,video,onset,apex,offset,type\nanna,anna_1,10,,19,micro\n"
    )
    (place / "anna_decisions.csv").write_text(
        "subject,video,onset,apex,offset,type,confidence,note,decision,first,last\n"
        "anna,anna,10,,19,micro,0.9,,accepted,0,31\nanna,anna,90,,99,micro,0.2,,undecided,78,111\n"
    )
    (place / "mespot-results").mkdir()
    (place / "mespot-results" / "summary.csv").write_text(
        f"{','.join(tables.COLUMNS['found_videos'])}\nanna,{place}/anna.mp4,spotted,,,,,30,,,\n"
    )
    trees.samm_lv(place / "data" / "SAMM_LV")
    return place


@pytest.mark.system
@pytest.mark.parametrize("command", RUN)
def test_a_command_runs_as_printed(command, folder, finished):
    task = finished / "results" / "resources" / "face_landmarker.task"
    asked = command.replace("/data/", f"{folder}/data/")
    said = run(asked, folder, MESPOT_LANDMARKER=str(task))
    if command == SPOT:
        assert (folder / "mespot-results" / "anna" / "intervals.csv").exists()
    elif command.startswith("awk"):
        assert (folder / "annotations.csv").read_text().count("\n") == 3
        shutil.copy(folder / "anna_1_annotations.csv", folder / "annotations.csv")
    elif "--video " in command:
        assert (folder / re.search(r"--video (\S+)", command)[1]).stat().st_size > 1000
    elif "--out" in command:
        out = folder / re.search(r"--out (\S+)", command)[1]
        assert out.exists() and (out.is_file() or any(out.iterdir()))
    else:
        assert said.count("\n") > 3


@pytest.fixture(scope="module")
def noted(tmp_path_factory):
    """A copy of the project in which programs that take long only note what they are asked."""
    place = project.copy(tmp_path_factory.mktemp("noted"))
    shutil.copytree(project.ROOT / "config", place / "config")
    (place / "bin").mkdir()
    for name in ("pip", "pytest", "snakemake"):
        script = place / "bin" / name
        script.write_text(f'#!/bin/sh\nfor x in {name} "$@"; do echo "$x"; done >> "$NOTES"\n')
        script.chmod(0o755)
    for name in ("next.yaml", "mine.yaml"):
        (place / name).write_text("")
    return place


@pytest.mark.system
def test_what_takes_long_is_asked_for_rightly(noted, tmp_path):
    extras = tomllib.loads((project.ROOT / "pyproject.toml").read_text())["project"]
    targets = set()
    for number, command in enumerate(NOTED):
        notes = tmp_path / f"{number}"
        run(command, noted, NOTES=str(notes))
        if command.startswith("cat"):
            assert (noted / "mine.yaml").read_text().startswith("corpora: [sheet]\n")
            continue
        asked = re.split(r"^(?=pip$|snakemake$|pytest$)", notes.read_text(), flags=re.M)[1:]
        for program, *arguments in (one.split("\n")[:-1] for one in asked):
            if program == "pip":
                assert arguments[:2] == ["install", "-e"]
                extra = re.fullmatch(r"\.(?:\[(\w+)\])?", arguments[2])[1]
                assert extra is None or extra in extras["optional-dependencies"]
            elif program == "snakemake":
                targets |= checked(arguments, noted)
    done = project.snakemake(noted, *sorted(targets), options=("--dry-run",), configs=())
    assert done.returncode == 0, done.stdout[-3000:]
    assert {"join_metrics", "write_report", "write_review", "make_model"} <= project.planned(
        done.stdout
    )


def checked(arguments, folder):
    """The targets that Snakemake reads in its arguments, whose files are there."""
    if "profiles/slurm" in arguments:
        assert (folder / "profiles" / "slurm" / "config.yaml").exists()
        return {arguments[-1]}
    _, options = parse_args(arguments)
    assert all((folder / path).exists() for path in options.configfile or [])
    assert options.report is not None or options.cores == 8
    return {str(target) for target in options.targets}


@pytest.mark.system
@pytest.mark.parametrize("command", PARSED)
def test_arguments_are_read(command, monkeypatch):
    from mespot import cli
    from mespot.cli import spot

    asked = []
    monkeypatch.setattr(spot, "run", lambda options: asked.append(options))
    cli.main(command.split()[1:])
    assert [str(path) for path in asked[0].videos] == [command.split()[2].rstrip("/")]
