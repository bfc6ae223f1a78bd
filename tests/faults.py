"""What is done to mespot on purpose, and what comes of it: the tables of docs/reliability.md.

`pytest --faults` runs the tests that use the fixture `fault`, and prints these tables.
"""

from collections.abc import Iterable, Mapping

STAGES = ("demo_video", "track_face", "crop_frames", "optical_flow", "label_frames", "pretrain")
STAGES += ("extract_features", "train_spotter", "spot", "score", "summarise", "join_metrics")

_GOES_ON = (
    "the same command goes on; `metrics.csv` is the same to the byte, nothing half-made stays"
)
_REFUSED = "refused by name; nothing is written"

# {name of a fault: what is done, what comes of it}
ROWS = {
    "kill": ("all processes are killed (SIGKILL) at a random moment", _GOES_ON),
    "snakemake killed": ("Snakemake is killed, its jobs go on in Slurm", _GOES_ON),
    "scancel": ("a job is cancelled (`scancel`)", "it is sent again; `metrics.csv` is the same"),
    "node": ("a node of the cluster is lost with its job", "as for a cancelled job"),
    **{
        f"full: {rule}": (
            f"the disk is full when `{rule}` writes",
            "named, nothing half-made stays; with room, the same file to the byte",
        )
        for rule in STAGES
    },
    "full": ("the disk fills up in the middle of a run", "named; what is computed is kept"),
    "results read-only": ("`results/` cannot be written", "named before the first job"),
    "project read-only": ("the whole project cannot be written", "named before the first job"),
    "key: command": ("Ctrl-C in the first seconds of `mespot spot`", "one line, no traceback"),
    "key: planning": ("Ctrl-C while Snakemake reads the project", "one line, no traceback"),
    "key: jobs": (
        "Ctrl-C while a job runs",
        "a line from the job and Snakemake's own words, no traceback; the same command goes on",
    ),
    "clock": (
        "the clock is set back by a day, so all files are from the future",
        "told before the first job with a command; after it only what is missing is made",
    ),
    "half-written": ("another program leaves half of a file", "refused by name"),
    "two runs": ("a second run over the same results", "refused by name; the first goes on"),
    "no records": ("`results/` is copied without `.snakemake`", "nothing is made again"),
    "no seals": (
        "the same, and without all folders `.seals`",
        "told in one line; tables are made again, and all that is made from them",
    ),
    "mixed": (
        "intervals of other settings, with their seal, are put in place of others",
        "`score` refuses them by name; no `metrics.csv` is made",
    ),
    "leak: pretrain": ("a test subject's recording is given to `pretrain`", _REFUSED),
    "leak: features": ("an encoder of another fold is given to `extract_features`", _REFUSED),
    "leak: train": ("features of another fold's encoder are given to `train_spotter`", _REFUSED),
    "leak: joint": ("another fold's encoder is given to `train_spotter`, to learn on", _REFUSED),
    "leak: companion": ("a companion has a recording of the corpus itself", _REFUSED),
    "leak: spot": ("a spotter of another fold is given to `spot`", _REFUSED),
    "leak: partner": ("a partner of another fold is given to `spot`", _REFUSED),
    "leak: spot features": ("features of another encoder are given to `spot`", _REFUSED),
    "leak: spot encoder": (
        "a spotter with another fold's encoder is given to `spot`",
        _REFUSED,
    ),
    "leak: review": ("scores of another fold are given to `write_review`", _REFUSED),
    "leak: responses": ("features of another fold are given to `plot_responses`", _REFUSED),
    "leak: figure": ("an encoder of another fold is given to `plot_reconstruction`", _REFUSED),
}

NOT_TRIED = "not tried"


def table(counts: Mapping[str, int]) -> list[str]:
    """The lines of the table of all faults. counts: {name: how often it was done}."""
    lines = ["| what is done | times | what comes of it |", "|---|---|---|"]
    for name, (done, came) in ROWS.items():
        lines.append(f"| {done} | {counts.get(name, NOT_TRIED)} | {came} |")
    return lines


def damages(rows: Iterable[tuple[str, int, int]]) -> list[str]:
    """The lines of the table of damaged files. rows: kind, damages that were done, how many were
    noticed."""
    lines = ["| kind of file | damages | noticed | used in silence |", "|---|---|---|---|"]
    for kind, done, noticed in sorted(rows):
        lines.append(f"| {kind} | {done} | {noticed} | {done - noticed} |")
    return lines
