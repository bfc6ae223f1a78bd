# What is asked for on the command line, once all rules are known. Snakemake would say of a mistyped
# target that no rule makes it, and not which one is meant.

import sys

from snakemake.cli import get_argument_parser


def check_targets():
    """Refuse a target that is no rule and that no rule makes, and name the nearest."""
    # Without profiles: their paths are of the folder that Snakemake was started in.
    options = get_argument_parser().parse_args(sys.argv[1:])
    names = [rule.name for rule in workflow.rules]
    for target in options.targets:
        made = any(rule.is_producer(target) for rule in workflow.rules)
        if not (made or target in names or Path(target).exists()):
            raise WorkflowError(targets.unknown(PLAN, target, names))


# Where another program runs the workflow, its arguments are others.
if STARTED_BY_SNAKEMAKE:
    check_targets()
