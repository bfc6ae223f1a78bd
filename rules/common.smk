# What the stages share. Which corpora, folds, networks and files a run consists of is decided in
# mespot/plan; a rule asks it for its inputs and its settings by its own name.

from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from mespot import ending, verification
from mespot.corpora.kinds import MOTIONS
from mespot.errors import InputError
from mespot.plan import checks, inputs, open_plan, paths, reports, runtimes
from mespot.plan import settings, targets
from mespot.provenance import code_digest
from mespot.runtime import check_clock, lock_results

try:
    # Jobs read this file too: what is odd in the labels was reported when the run began.
    PLAN = open_plan(config, check_labels=workflow.is_main_process)
except InputError as error:
    raise WorkflowError(str(error)) from None

ENVIRONMENT = "../envs/mespot.yaml"

if workflow.is_main_process:
    for name, corpus in PLAN.corpora.items():
        for note in corpus.corpus.notes:
            logger.warning(f"mespot: {name}: {note.what}: {note}")


wildcard_constraints:
    corpus="[A-Za-z0-9_-]+",
    encoder="[A-Za-z0-9_+-]+",
    method="[A-Za-z0-9_+-]+",
    fold="[A-Za-z0-9._-]+",
    video="[A-Za-z0-9._-]+",
    stream="face|flow",


def of_job(function):
    """A function of the planning, called with the wildcards of a job."""
    return lambda wildcards: checks.called(function, PLAN, dict(wildcards.items()))


@cache
def without_records():
    """What does not fit, where Snakemake has no records of results that were copied or restored."""
    records = Path(".snakemake/metadata")
    if records.exists() and any(records.iterdir()):
        return []
    found = verification.to_remake(PLAN)
    if line := verification.without_seals(found):
        logger.warning(f"mespot: {line}")
    return found


def rebuild_deleted(table):
    """Have what was deleted below a finished table made again, as --forcerun would."""
    if workflow.is_main_process:
        workflow.dag.forcefiles.update(without_records())
        # Private, but there is no other way: the settings behind --forcerun are not there yet when
        # this file is read, and have been used when an input function is called.
        workflow.dag.forcefiles.update(targets.deleted(PLAN, table))


def of_table(function, table):
    """As of_job, for the rule that writes a final table."""
    return lambda wildcards: rebuild_deleted(table) or function(PLAN)


def of_target(name):
    """The files of a target."""
    return lambda wildcards: targets.files(PLAN, name)


RUN = {}


def read_by_jobs():
    """The files that the jobs of this run read."""
    return {str(file) for job in workflow.dag.needrun_jobs() for file in job.input}


def begin_run():
    """Refuse a second run over the same results, and files from the future, before the first job."""
    if workflow.is_main_process:
        stopping.as_before(BEFORE)  # jobs, for which Snakemake waits, hear the key, too
        try:
            RUN["began"] = lock_results("results")
            check_clock(read_by_jobs(), RUN["began"])
        except InputError as error:
            raise WorkflowError(str(error)) from None


def end_run(finished):
    """Say what was odd, which otherwise only tables and the logs of jobs say."""
    if "began" in RUN:
        for line in ["", *ending.lines(PLAN, RUN["began"], finished=finished)]:
            logger.info(line)
