"""Hostile tables, config files, workbooks and annotations. Each function makes one file."""

import os
import socket
import struct
import zipfile

MB = 1_000_000


def written(name, content):
    """What writes a file of this name and content below a folder."""

    def make(folder):
        path = folder / name
        path.write_bytes(content() if callable(content) else content)
        return path

    return make


def sparse(name, size):
    """A file of zeros that takes no room on the disk."""

    def make(folder):
        with (folder / name).open("wb") as file:
            file.truncate(size)
        return folder / name

    return make


def pipe(name):
    def make(folder):
        os.mkfifo(folder / name)
        return folder / name

    return make


def endless(name):
    def make(folder):
        (folder / name).symlink_to("/dev/zero")
        return folder / name

    return make


def unix_socket(name):
    def make(folder):
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(folder / name))
        return folder / name

    return make


def a_folder(name):
    def make(folder):
        (folder / name).mkdir()
        return folder / name

    return make


def filled(size, line, head=b""):
    """As many lines as fit in `size` bytes."""
    return lambda: head + line * ((size - len(head)) // len(line))


VIDEOS = b"subject,video,path,fps\ns,v,v.mp4,30\n"
LABELS = b"subject,video,onset,apex,offset,type\n"


def labelled(cells):
    """Labels of a video whose sheet lies beside them."""

    def make(folder):
        (folder / "v.mp4").write_bytes(b"x")
        (folder / "videos.csv").write_bytes(VIDEOS)
        (folder / "labels.csv").write_bytes(cells() if callable(cells) else cells)
        return folder / "labels.csv"

    return make


SECONDS = b"subject,video,onset_s,offset_s,type\n"
MANY_NAMES = b"a,b," + b",".join(b"onset%d" % n for n in range(9_900))
TABLES = [
    ("2 GB of nothing as a table", "table", sparse("t.csv", 2000 * MB)),
    ("2 GB of nothing as a table of a run", "table of a run", sparse("t.csv", 2000 * MB)),
    ("2 GB of nothing as any table", "any table", sparse("t.csv", 2000 * MB)),
    ("100 MB of small cells", "table", written("t.csv", filled(99 * MB, b"ab," * 99 + b"c\n"))),
    ("100 MB in one cell", "table", written("t.csv", b"a,b\n" + b"x" * 99 * MB)),
    ("100 MB in open quotes", "table", written("t.csv", b'a,b\n"' + b"x\n" * 49 * MB)),
    ("100 MB of empty lines", "table",
     written("t.csv", b"a,b\n\xf0\x9f\x98\x80" + b"\n" * 99 * MB)),
    ("2 million rows of wrong numbers", "labels to score",
     written("t.csv", filled(30 * MB, b"s,v,-,x,y,?\n", LABELS))),
    ("2 million rows read in another way", "labels to score",
     written("t.csv", filled(30 * MB, b"s,v,1.0,,2.0,ME\n", LABELS))),
    ("10,000 columns with nearly known names", "table", written("t.csv", MANY_NAMES + b"\n1,2\n")),
    ("10,000 columns of one name", "table", written("t.csv", b"a,b" + b",c" * 9_900 + b"\n1,2\n")),
    ("a frame number of 100,000 digits", "labels",
     labelled(LABELS + b"s,v," + b"9" * 100_000 + b",,2,ME\n")),
    ("a rate of 100,000 spaces", "recording sheet",
     written("t.csv", b"subject,video,path,fps\ns,v,v.mp4,1" + b" " * 100_000 + b"x\n")),
    ("a time of 10^90 s", "labels", labelled(SECONDS + b"s,v,1," + b"9" * 90 + b",ME\n")),
    ("a path of 100,000 letters", "recording sheet",
     written("t.csv", b"subject,video,path,fps\ns,v," + b"a/" * 50_000 + b",30\n")),
    ("a name of 300 letters", "recording sheet",
     written("t.csv", b"subject,video,path,fps\ns," + b"v" * 300 + b",t.csv,30\n")),
    ("a pipe as a table", "table", pipe("t.csv")),
    ("a pipe as a table of a run", "table of a run", pipe("t.csv")),
    ("a socket as a table", "table", unix_socket("t.csv")),
    ("a folder as a table", "table", a_folder("t.csv")),
    ("a device without an end as a table", "any table", endless("t.csv")),
    ("a device without an end as a list of regions", "regions", endless("regions.txt")),
]  # fmt: skip

LAUGHS = b"a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)
)
MERGES = b"a0: &a0 {x: 1}\n" + b"".join(
    b"a%d: &a%d {<<: [%s]}\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)
)
CONFIGS = [
    ("YAML of a billion laughs", "config", written("c.yaml", LAUGHS)),
    ("the same by merge keys", "config", written("c.yaml", MERGES)),
    ("YAML of 100,000 levels", "config", written("c.yaml", b"[" * 100_000)),
    ("YAML of 100,000 levels of keys", "config", written("c.yaml", b"? " * 100_000)),
    ("YAML that holds itself", "config", written("c.yaml", b"a: &a [*a]\n")),
    ("4 MB of YAML values", "config", written("c.yaml", b"[" + b"1," * 1_990_000 + b"1]")),
    ("a YAML number of 100,000 digits", "config", written("c.yaml", b"a: " + b"9" * 100_000)),
    ("YAML that names a Python object", "config",
     written("c.yaml", b"a: !!python/object/apply:os.system [true]\n")),
    ("YAML with a key twice", "config", written("c.yaml", b"a: 1\nb: 2\na: 3\n")),
    ("YAML with NaN", "whole config", written("c.yaml", b"a: .nan\n")),
    ("2 GB of nothing as YAML", "config", sparse("c.yaml", 2000 * MB)),
    ("a pipe as YAML", "config", pipe("c.yaml")),
]  # fmt: skip

SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b"%s</sheetData></worksheet>"
)
STRINGS = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</sst>'


def workbook(name, **parts):
    """An .xlsx with other parts: {`sheet` or `strings`: content}."""

    def make(folder):
        from openpyxl import Workbook

        book = Workbook()
        book.active.append(["a", "b"])
        book.save(folder / "good.xlsx")
        places = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
        with zipfile.ZipFile(folder / "good.xlsx") as good:
            entries = {entry: good.read(entry) for entry in good.namelist()}
        entries |= {places[part]: content() for part, content in parts.items()}
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for entry, content in entries.items():
                packed.writestr(entry, content)
        return folder / name

    return make


def lying(folder):
    """An .xlsx of which the list of contents says that it unpacks to less than it does."""
    path = workbook("lying.xlsx", sheet=lambda: b" " * 150 * MB)(folder)
    data = bytearray(path.read_bytes())
    at = 0
    while (at := data.find(struct.pack("<I", 150 * MB), at)) >= 0:
        data[at : at + 4] = struct.pack("<I", 1000)
    path.write_bytes(data)
    return path


def old_workbook(folder):
    """A BIFF2 stream with cells in its corners only: 65,536 rows of 256 columns."""

    def record(kind, content):
        return struct.pack("<HH", kind, len(content)) + content

    cell = b"\0\0\0" + struct.pack("<H", 7)
    cells = [record(0x02, struct.pack("<HH", row, 255) + cell) for row in range(65_535)]
    (folder / "old.xls").write_bytes(
        record(0x09, struct.pack("<HH", 2, 0x10)) + b"".join(cells) + record(0x0A, b"")
    )
    return folder / "old.xls"


FAR = b'<row r="2000000000"><c r="A2000000000" t="inlineStr"><is><t>x</t></is></c></row>'
WIDE = b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>'
WORKBOOKS = [
    ("a workbook with row 2,000,000,000", "workbook",
     workbook("w.xlsx", sheet=lambda: SHEET % FAR)),
    ("a workbook of rows with one far cell", "workbook",
     workbook("w.xlsx", sheet=lambda: SHEET % b"".join(WIDE % (n, n) for n in range(1, 50_000)))),
    ("a workbook that unpacks to 250 MB", "workbook",
     workbook("w.xlsx", sheet=lambda: b" " * 250 * MB)),
    ("a workbook that lies about this", "workbook", lying),
    ("a workbook of 190 MB of shared strings", "workbook",
     workbook("w.xlsx", strings=lambda: STRINGS % (b"<si><t>a</t></si>" * 11 * MB))),
    ("a workbook of half a million strings", "workbook",
     workbook("w.xlsx", strings=lambda: STRINGS % (b"<si><t>a</t></si>" * 490_000),
              sheet=lambda: SHEET % FAR)),
    ("an .xls with a cell at the end of each row", "workbook", old_workbook),
    ("2 GB of nothing as a workbook", "workbook", sparse("w.xlsx", 2000 * MB)),
    ("a pipe as a workbook", "workbook", pipe("w.xlsx")),
]  # fmt: skip

ENTITIES = b'<!DOCTYPE a [<!ENTITY a "ha">%s]><ANNOTATION_DOCUMENT>&b9;</ANNOTATION_DOCUMENT>' % (
    b'<!ENTITY b0 "&a;&a;">'
    + b"".join(b'<!ENTITY b%d "%s">' % (n, b"&b%d;" % (n - 1) * 10) for n in range(1, 10))
)
ANNOTATIONS = [
    ("ELAN with entities of a billion laughs", "annotations", written("a.eaf", ENTITIES)),
    ("ELAN with an entity of another file", "annotations",
     written("a.eaf", b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>')),
    ("32 MB of nested XML", "annotations", written("a.eaf", b"<a>" * (10 * MB))),
    ("32 MB of small XML elements", "annotations",
     written("a.eaf", lambda: b"<b>" + b"<a/>" * (7 * MB) + b"</b>")),
    ("32 MB of nested JSON", "annotations", written("a.json", b"[" * 31 * MB)),
    ("32 MB of small JSON lists", "annotations",
     written("a.json", lambda: b"[" + b"[]," * (10 * MB) + b"[]]")),
    ("32 MB of small JSON objects in a BORIS project", "annotations",
     written("a.boris", lambda: b'{"observations": [' + b"{}," * (10 * MB) + b"{}]}")),
    ("a JSON number of 100,000 digits", "annotations",
     written("a.json", b'[{"data": {}, "id": ' + b"9" * 100_000 + b"}]")),
    ("2 GB of nothing as a BORIS project", "annotations", sparse("a.boris", 2000 * MB)),
    ("a pipe as an ELAN file", "annotations", pipe("a.eaf")),
    ("a pipe as a BORIS table", "annotations", pipe("a.tsv")),
]  # fmt: skip
