"""Small corpora in the exact layouts in which the real ones are handed out.

Folder and file names, sheets, header positions and columns are the real ones; every odd row that is
known of a workbook can be put into it. Pictures are tiny unless frames of a recording are given.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from openpyxl import Workbook

TINY = cv2.imencode(".jpg", np.full((12, 16, 3), 90, np.uint8))[1].tobytes()
NAMES = {
    "0101": ("disgustingteeth", "disgust1"),
    "0102": ("eatingworms", "disgust2"),
    "0401": ("girlcrashing", "anger1"),
    "0402": ("beatingpregnantwoman", "anger2"),
    "0502": ("funnyerrors", "happy1"),
    "0503": ("unnyfarting", "happy2"),
    "0505": ("funnyinnovations", "happy3"),
    "0507": ("climbingthewall", "happy4"),
    "0508": ("funnydunkey", "happy5"),
}
SUBJECTS = [15, 16, 19, 20, 21, 22, 23, 24, 25, 26, 27, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 40]
MICRO, MACRO = "micro-expression", "macro-expression"


def images(folder: Path, name: str, numbers: Iterable[int], frames: Sequence | None = None) -> Path:
    """Images `name.format(number)`: tiny ones, or the given frames in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, number in enumerate(numbers):
        data = TINY
        if frames is not None:
            picture = frames[index % len(frames)]
            data = cv2.imencode(Path(name).suffix, picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
            data = data.tobytes()
        (folder / name.format(number)).write_bytes(data)
    return folder


def video(file: Path, frames: Sequence[np.ndarray], fps: float) -> Path:
    """A video file of the given frames."""
    file.parent.mkdir(parents=True, exist_ok=True)
    size = frames[0].shape[1], frames[0].shape[0]
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
    for frame in frames:
        writer.write(frame)
    writer.release()
    return file


def tiny_frames(count: int) -> list[np.ndarray]:
    return [np.full((32, 48, 3), 20 + index % 200, np.uint8) for index in range(count)]


def workbook(file: Path, sheets: dict[str, Sequence[Sequence]]) -> Path:
    """A workbook; cells are written as they come, text as text."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    file.parent.mkdir(parents=True, exist_ok=True)
    book.save(file)
    return file


# ---------------------------------------------------------------- CAS(ME)^2


def casme2_name(subject: int, code: str) -> str:
    return f"{subject}_{code}{NAMES[code][0]}"


def casme2_row(subject: int, code: str, onset, apex, offset, kind: str, take: int = 1) -> list:
    clip = f"{NAMES[code][1]}_{take}"
    number = SUBJECTS.index(subject) + 1
    return [number, clip, onset, apex, offset, "4+7", "negative", kind, "disgust"]


def casme2_workbook(file: Path, rows: Sequence[list], **renamed: str) -> Path:
    """Three sheets without headers; `renamed` gives one another name."""
    rule1 = [[code := SUBJECTS[row[0] - 1], f"s{code}", row[0]] for row in rows]
    rule2 = [[code, name] for code, (_, name) in NAMES.items()]
    sheets = {"CASFEcode_final": rows, "naming rule1": rule1, "naming rule2": rule2}
    return workbook(file, {renamed.get(name.split()[0], name): s for name, s in sheets.items()})


def casme2_odd_rows() -> list[list]:
    """Rows of the subjects s15, s16 and s23 with every oddity; the number of a row is its place."""
    return [
        casme2_row(15, "0101", 10, 14, 20, MICRO),  # 1
        casme2_row(15, "0101", 30, 36, 0, MACRO, 2),  # 2: the end is not visible
        casme2_row(15, "0101", 31, 40, 45, MACRO, 3),  # 3: overlaps the row before
        casme2_row(16, "0402", 5, 0, 12, MACRO),  # 4: no apex
        casme2_row(16, "0402", 20, 18, 28, MACRO, 2),  # 5: onset after apex
        casme2_row(16, "0402", 30, 44, 40, MACRO, 3),  # 6: apex after offset
        casme2_row(23, "0502", 5, 9, 15, MACRO),  # 7: on disk the video is 0503
        casme2_row(23, "0502", 20, 25, 30, MACRO, 2),  # 8
        casme2_row(23, "0503", 3, 8, 70, MACRO),  # 9: ends beyond the last frame
        casme2_row(23, "0503", 90, 95, 99, MICRO, 2),  # 10: lies beyond the last frame
        casme2_row(16, "0402", 50, 0, 0, MACRO, 4),  # 11: neither apex nor offset
    ]


CASME2_VIDEOS = [(15, "0101"), (16, "0402"), (23, "0503"), (23, "0508")]  # the last without labels


def casme2(root: Path, tree: str = "rawpic", frames: int = 60, pictures: Sequence | None = None):
    """The corpus with its odd workbook, as one of its three trees."""
    names = {"rawpic": "img{:03d}.jpg", "longVideoFaceCropped": "img_{}.jpg"}
    above = root / "longVideo" if tree == "longVideoFaceCropped" else root
    for subject, code in CASME2_VIDEOS:
        place = above / tree / f"s{subject}" / casme2_name(subject, code)
        if tree == "rawvideo":
            shots = tiny_frames(frames) if pictures is None else pictures
            video(place.with_suffix(".avi"), shots, 30)
        else:
            images(place, names[tree], range(1, frames + 1), pictures)
    casme2_workbook(root / "CAS(ME)^2code_final.xlsx", casme2_odd_rows())
    return root


def casme2_published() -> tuple[list[tuple[int, str]], list[list]]:
    """98 videos and 357 rows with the published totals and as many odd rows of each sort."""
    codes = list(NAMES)
    videos = [(subject, code) for subject in SUBJECTS for code in codes if code != "0502"][:176]
    videos = videos[::2][:88] + videos[1::2][:10]
    rows = []
    for index in range(57):
        subject, code = videos[index % 33]
        rows.append(casme2_row(subject, code, 100 + index, 106 + index, 112 + index, MICRO))
    for index in range(300 - 2):
        subject, code = videos[index % 89]
        onset = 500 + 10 * index
        apex, offset = onset + 10, onset + 30
        if index < 44:
            offset = 0
        elif index == 44:
            apex = 0
        elif index == 45:
            onset, apex = onset + 15, onset
        elif index < 49:
            apex = offset + 3
        rows.append(casme2_row(subject, code, onset, apex, offset, MACRO))
    rows += [casme2_row(23, "0502", 700 + k, 705 + k, 720 + k, MACRO) for k in (0, 60)]
    return videos, rows


# ---------------------------------------------------------------- SAMM Long Videos

SAMM_HEADER = ["Subject", "Filename", "Inducement Code", "Onset", "Apex", "Offset"]
SAMM_HEADER += ["Duration", "Type", "Action Units", "Notes"]


def samm_row(clip: str, onset, apex, offset, kind: str, notes: str | None = None) -> list:
    return [clip.split("_")[0], clip, 1, onset, apex, offset, None, kind, "AU4", notes]


def samm_workbook(file: Path, rows: Sequence[list], sheet: str = "FACS_Movement_Only") -> Path:
    """A preamble, the header on row 10, then the rows (the first is row 11)."""
    preamble = [["SAMM Long Videos"], [], ["Frame rate", 200], [], ["Please cite"], [], [], [], []]
    return workbook(file, {sheet: [*preamble, SAMM_HEADER, *rows], "Key": [["Type", "Macro"]]})


def samm_odd_rows() -> list[list]:
    """Rows with every oddity, from row 11 on; the videos are 006_1, 037_4 and 032_3."""
    return [
        samm_row("006_1_1", 9990, 10010.5, 10030, "Micro - 1/2"),  # 11: a fraction, beyond 9999
        samm_row("006_1_2", 10040.5, 10060, 10145.4, "Macro", "blink"),  # 12: fractions
        samm_row("006_1_3", 0, 9970, 9981, "Macro"),  # 13: began before the recording
        samm_row("006_1_4", 10100, -1, 10230, "Macro", "eye movement"),  # 14: no apex
        samm_row("037_4_1", 30, 45, 60, "Micro - 1/2"),  # 15
        samm_row("037_4_1", 70, 100, 190, "Macro"),  # 16: the clip a second time
        samm_row("037_4_2", 1, 60, 500, "Macro"),  # 17: ends beyond the last frame
        samm_row("011_9_1", 10, 20, 40, "Micro - 1/2"),  # 18: no such video
    ]


SAMM_VIDEOS = {"006_1": (9981, 10200), "037_4": (1, 220), "032_3": (1, 220)}


def samm_lv(root: Path, pictures: Sequence | None = None, suffix: str = "jpg") -> Path:
    """The corpus with its odd workbook; the frames of 006_1 go beyond 9999."""
    for name, (first, last) in SAMM_VIDEOS.items():
        folder = root / "SAMM_longvideos" / name
        images(folder, f"{name}_{{:04d}}.{suffix}", range(first, last + 1), pictures)
    samm_workbook(root / "SAMM_LongVideos_V2_Release.xlsx", samm_odd_rows())
    return root


def samm_published() -> tuple[list[str], list[list]]:
    """147 videos and 502 rows with the published totals."""
    subjects = [f"{n:03d}" for n in range(6, 38) if n not in (27, 29)]
    videos = [f"{subject}_{take}" for take in range(1, 6) for subject in subjects][:147]
    rows = []
    for index in range(159):
        onset = 100 + index
        rows.append(
            samm_row(f"{videos[index % 79]}_{index}", onset, onset + 20, onset + 60, "Micro - 1/2")
        )
    for index in range(343):
        onset = 0 if index < 10 else 1 if index < 12 else 1000 + 3 * index + 0.5 * (index < 170)
        apex = -1 if 20 <= index < 26 else onset + 90
        row = samm_row(f"{videos[index % 130]}_{200 + index}", onset, apex, onset + 301, "Macro")
        rows.append(row)
    return videos, rows


# ---------------------------------------------------------------- the others


def casme3(root: Path, pictures: Sequence | None = None) -> Path:
    """Part A with letters in upper case, a first frame that is not 1 and a gap."""
    numbers = [n for n in range(116, 181) if n not in (130, 131)]
    for subject, letter in [("spNO.1", "a"), ("spNO.2", "b"), ("spNO.10", "a")]:
        folder = root / "part_A" / subject / letter
        images(folder / "color", "{}.jpg", numbers, pictures)
        images(folder / "depth", "{}.png", numbers[:2])
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class"]
    header += ["emotion", "Expression type"]
    rows = [
        ["spNO.1", "A", 120, 125, 131, "4", "I", "anger", "Micro-expression"],  # 2: upper case
        ["spNO.1", "a", 140, 150, 175, "12", "I", "happy", "Macro-expression"],  # 3
        ["spNO.2", "b", 130, 136, 142, "4", "I", "anger", "Micro-expression"],  # 4
        ["spNO.10", "a", 150, 160, 200, "4", "I", "anger", "Macro-expression"],  # 5: beyond the end
        ["spNO.10", "q", 150, 160, 170, "4", "I", "anger", "Macro-expression"],  # 6: no video
    ]
    workbook(root / "annotation" / "cas(me)3_part_A_label_v2.xlsx", {"label": [header, *rows]})
    return root


def casme3_b(root: Path, subjects: int = 2, letters: str = "ab", frames: int = 3, pictures=None):
    """Part B: no workbook."""
    for subject in range(1, subjects + 1):
        for letter in letters:
            folder = root / "part_B" / f"spNO.{subject + 200}" / letter / "color"
            images(folder, "{}.jpg", range(1, frames + 1), pictures)
    return root


def smic(
    root: Path, camera: str = "HS", pictures: Sequence | None = None, frames: int = 60
) -> Path:
    """One camera; the numbers in the file names are large."""
    base = root / f"{camera}_long" / f"SMIC-{camera}-E"
    for subject, name in [("s01", "s1_ne_01"), ("s03", "s3_sur_01"), ("s11", "s11_po_02")]:
        folder = base / camera / subject / name
        images(folder, "image{:06d}.jpg", range(308866, 308866 + frames), pictures)
    header = ["Subject", "Filename", "Code", "OnsetF", "OffsetF", "FirstF", "LastF", "Emotion"]
    rows = [
        [1, "s1_ne_01", 1, 308876, 308890, 308866, 308925, "negative"],
        [3, "s3_sur_01", 1, 308880, 308900, 308866, 308925, "surprise"],
        [11, "s11_po_02", 1, 308870, 308895, 308866, 308925, "positive"],
    ]
    workbook(base / f"SMIC-{camera}-E_annotation.xlsx", {"Sheet1": [header, *rows]})
    return root


def megc(root: Path, pictures: Sequence | None = None, frames: int = 60) -> Path:
    """Both parts of a test set."""
    for name in ("008_2", "040_1"):
        folder = root / "SAMM_Test_cropped" / name
        images(folder, f"{name}_{{:05d}}.jpg", range(1, 3 * frames + 1), pictures)
    for name in ("spNO.189_a_1", "spNO.189_b_2"):
        images(root / "CAS_Test_cropped" / name, "{}.jpg", range(1, frames + 1), pictures)
    return root
