"""Plans of runs, and what each rule of the Snakefile is given in them."""

import copy
import re
from functools import cache
from pathlib import Path

import yaml

from mespot.plan import inputs, open_plan, paths, reports, settings, targets
from tests import trees

ROOT = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text())
MODULES = {"inputs": inputs, "settings": settings, "reports": reports}


def changed(config, key, value):
    """A copy of a config with the value at a dotted key."""
    config = copy.deepcopy(config)
    *sections, last = key.split(".")
    section = config
    for name in sections:
        section = section[name]
    section[last] = value
    return config


def real_corpora(folder):
    """A config with two labelled corpora and an unlabelled one at hand, made in `folder`."""
    config = copy.deepcopy(DEFAULT)
    config["corpora"] = ["casme2", "samm_lv"]
    config["casme2"]["root"] = str(trees.casme2(folder / "casme2", frames=2))
    config["samm_lv"]["root"] = str(trees.samm_lv(folder / "samm_lv"))
    config["casme3_b"]["root"] = str(trees.casme3_b(folder / "casme3_b", frames=2))
    config["evaluation"]["folds"] = "loso"
    return config


def plan(config=DEFAULT, **sections):
    """The plan of a config, with keys of sections put over it."""
    config = copy.deepcopy(config)
    for name, section in sections.items():
        config[name] = {**config[name], **section} if isinstance(section, dict) else section
    return open_plan(config, check_labels=False)


@cache
def functions_of_rules():
    """Rule -> the functions of mespot.plan that give it inputs and params, read off the rules."""
    found = {}
    for path in (ROOT / "rules").glob("*.smk"):
        for body in re.split(r"^rule ", path.read_text(), flags=re.M)[1:]:
            names = re.findall(r"\b(inputs|settings|reports)\.(\w+)", body)
            found[body.split(":")[0]] = [getattr(MODULES[module], name) for module, name in names]
    return found


def jobs(planned):
    """(rule, wildcards) of all jobs of the main run, its figures, the ablation, the model."""
    wanted = {("join_metrics", ()), ("compare_methods", ()), ("ablate", ()), ("plot_ablation", ())}
    if "demo" in planned.corpora:
        wanted |= {("face_landmarker", ()), ("demo_corpus", ())}
        wanted |= {("demo_video", (("video", v),)) for v in planned.corpora["demo"].videos}
    made = targets.behind_metrics(planned) + targets.files(planned, "features")
    if any(corpus.has_faces and corpus.labelled for corpus in planned.corpora.values()):
        wanted.add(("make_model", ()))
        made += targets.behind_model(planned)
    for path in made + targets.files(planned, "metrics"):
        if made := paths.maker(path):
            wanted.add((made[0], tuple(made[1].items())))
    for path in targets.files(planned, "figures"):
        _, corpus, _, *words = path.rsplit(".", 1)[0].split("/")
        kind, *rest = words
        names = {"timeline": ["video"]}.get(kind, ["encoder", "stream"])
        wildcards = [("corpus", corpus), *zip(names, rest, strict=False)]
        wanted.add((f"plot_{kind}", tuple(wildcards)))
    for path in targets.files(planned, "review"):
        _, corpus, _, page = path.split("/")
        wildcards = (("corpus", corpus), ("video", page.removesuffix(".html")))
        wanted.add(("write_review", wildcards))
    return wanted | {("write_report", ())}


def given(planned):
    """Job -> what its rule gives it: params and inputs, of which a change runs it again."""
    functions = functions_of_rules()
    return {
        (rule, wildcards): [function(planned, **dict(wildcards)) for function in functions[rule]]
        for rule, wildcards in jobs(planned)
    }


def rerun(before, after):
    """Rules with a job that is given something else than before."""
    return {job[0] for job in before.keys() & after.keys() if before[job] != after[job]}
