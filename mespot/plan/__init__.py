"""What a run consists of: which corpora, folds, networks and files, and who is trained on whom.

The rules ask it for their inputs, their settings and their targets. It knows no Snakemake, reads no
recording and no HDF5, and is the only place that decides which subjects a network sees.

| module | what it decides |
|---|---|
| `roles` | what the run does with each corpus |
| `run` | the folds of encoders and methods, and where the networks of a job come from |
| `variants` | encoders and methods with their companions, at the seeds of the ablation |
| `checks` | what is refused at planning |
| `paths` | where each artefact lies |
| `inputs` | the files that the job of a rule reads, a function of the rule's name |
| `settings` | the keys of config.yaml that a job uses, a function of the rule's name |
| `reports` | what the rules that score, compare and draw are given in addition to their files |
| `targets` | the files behind a target, and those that a finished table rests on |
"""

from mespot.plan.run import Plan, open_plan

__all__ = ["Plan", "open_plan"]
