# mespot: from long face videos to intervals of micro- and macro-expressions, and their scores.
# Read the rule files in the order of the includes: it is the order of the stages. Functions that
# give rules their inputs lie in rules/common.smk and rules/inputs/.

from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


report: "docs/report/workflow.rst"


include: "rules/common.smk"
include: "rules/inputs/pretrain.smk"
include: "rules/inputs/spotting.smk"
include: "rules/inputs/evaluation.smk"
include: "rules/inputs/ablation.smk"
include: "rules/inputs/figures.smk"
include: "rules/corpus.smk"
include: "rules/faces.smk"
include: "rules/pretrain.smk"
include: "rules/features.smk"
include: "rules/spotting.smk"
include: "rules/evaluation.smk"
include: "rules/ablation.smk"
include: "rules/figures.smk"


onstart:
    begin_run()


rule all:
    default_target: True
    input:
        artefacts("all"),


rule frames:
    input:
        artefacts("frames"),


rule flow:
    input:
        artefacts("flow"),


rule encoders:
    input:
        artefacts("encoders"),


rule features:
    input:
        artefacts("features"),


rule intervals:
    input:
        artefacts("intervals"),


rule submissions:
    input:
        artefacts("submissions"),


rule metrics:
    input:
        artefacts("metrics"),


rule figures:
    input:
        artefacts("figures"),


rule ablation:
    input:
        rules.ablate.output,
        rules.plot_ablation.output,
