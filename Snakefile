# mespot: from long face videos to intervals of micro- and macro-expressions, and their scores.
# Read the rule files in the order of the includes: it is the order of the stages. Functions that
# give rules their inputs lie in mespot/plan/.

from snakemake.utils import min_version

min_version("9.0")


include: "rules/config_files.smk"


configfile: "config.yaml"


report: "docs/report/workflow.rst"


include: "rules/common.smk"
include: "rules/corpus.smk"
include: "rules/faces.smk"
include: "rules/pretrain.smk"
include: "rules/features.smk"
include: "rules/spotting.smk"
include: "rules/model.smk"
include: "rules/evaluation.smk"
include: "rules/ablation.smk"
include: "rules/figures.smk"
include: "rules/review.smk"


onstart:
    begin_run()


onsuccess:
    end_run(finished=True)


onerror:
    end_run(finished=False)


rule all:
    default_target: True
    input:
        of_target("all"),


rule frames:
    input:
        of_target("frames"),


rule flow:
    input:
        of_target("flow"),


rule encoders:
    input:
        of_target("encoders"),


rule features:
    input:
        of_target("features"),


rule intervals:
    input:
        of_target("intervals"),


rule submissions:
    input:
        of_target("submissions"),


rule metrics:
    input:
        of_target("metrics"),


rule figures:
    input:
        of_target("figures"),


rule review:
    input:
        of_target("review"),


rule ablation:
    input:
        rules.ablate.output,
        rules.plot_ablation.output,


include: "rules/targets.smk"
