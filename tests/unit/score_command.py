"""Small tables for `mespot score`, and the command run on them."""

import json

from mespot import cli

LABELS = """\
subject,video,onset,apex,offset,type
006,a,10,12,19,micro
006,a,100,,160,macro
s2,b,0,,9,micro
"""
PREDICTIONS = """\
subject,video,type,onset,offset,confidence
006,a,micro,12,19,0.9
006,a,micro,40,49,0.4
s2,b,micro,-3,8,0.7
"""
VIDEOS = "subject,video,path,fps,n_frames\n006,a,a.mp4,100,3000\ns2,b,b.mp4,100,3000\ns3,c,,100,\n"


def write(folder):
    """The three tables in a folder; that folder."""
    (folder / "labels.csv").write_text(LABELS)
    (folder / "predictions.csv").write_text(PREDICTIONS)
    (folder / "videos.csv").write_text(VIDEOS)
    return folder


def arguments(files, *more):
    labels, predictions = files / "labels.csv", files / "predictions.csv"
    return ["score", "--labels", str(labels), "--predictions", str(predictions), *more]


def run(capsys, files, *more):
    status = cli.main(arguments(files, *more))
    return status, *capsys.readouterr()


def as_json(capsys, files, *more):
    status, out, err = run(capsys, files, "--json", *more)
    assert (status, err) == (0, "")
    return json.loads(out)
