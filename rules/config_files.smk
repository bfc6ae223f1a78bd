# Config files are looked at as they are written: once Snakemake has read them, a key that is there
# twice and the line of a fault are gone.

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from mespot import stopping

# Where another program runs the workflow, its arguments and its keys are its own. Until the first
# job starts, a key that stops the run has nothing to wait for.
STARTED_BY_SNAKEMAKE = workflow.is_main_process and "snakemake" in sys.argv[0]
BEFORE = None
if STARTED_BY_SNAKEMAKE:
    BEFORE = stopping.listen("mespot: stopped", at_once=True)

from mespot import config_files
from mespot.errors import InputError
from mespot.runtime import check_writable

if any(brace in str(workflow.basedir) for brace in "{}"):
    # Snakemake takes it for the name of a wildcard, in the paths of scripts and environments.
    raise WorkflowError(
        f"{workflow.basedir}: has {{ or }}, which the folder of the project may not have; rename it"
    )

if workflow.is_main_process:
    own, given = Path("config.yaml"), list(workflow.overwrite_configfiles)
    try:
        check_writable(".snakemake")
        for path in [own, *given] if own.exists() or not given else given:
            config_files.read(path)
    except InputError as error:
        raise WorkflowError(str(error)) from None
