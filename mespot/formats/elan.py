"""ELAN annotation files, EAF 3.0 (https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf).

A tier a class and one for apexes. Only the video is linked. Times are whole milliseconds.
"""

import mimetypes
import os
import re
from pathlib import Path
from xml.etree import ElementTree

from mespot.formats.coded import CodedVideo, milliseconds, tiers
from mespot.store.files import replacing

_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_TYPE = "expression"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# The format wants a date; a fixed one gives the same bytes for the same intervals.
_DATE = "1970-01-01T00:00:00+00:00"


def write(video: CodedVideo, out: Path) -> None:
    """Write the intervals of one video."""
    xsi = "http://www.w3.org/2001/XMLSchema-instance"
    ElementTree.register_namespace("xsi", xsi)
    root = ElementTree.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "mespot",
            "DATE": _DATE,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            f"{{{xsi}}}noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    header = ElementTree.SubElement(
        root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"}
    )
    if video.media is not None:
        ElementTree.SubElement(header, "MEDIA_DESCRIPTOR", _link(video.media, out))
    order = ElementTree.SubElement(root, "TIME_ORDER")
    named = list(tiers(video))
    # A slot for each end of each annotation, in order of time, as the format demands.
    ends = [
        (milliseconds(time), index, entry, side)
        for index, (_, entries) in enumerate(named)
        for entry in range(len(entries))
        for side, time in enumerate((entries[entry].start, entries[entry].end))
    ]
    slots = {}
    for number, (time, *place) in enumerate(sorted(ends), 1):
        slots[tuple(place)] = f"ts{number}"
        slot = {"TIME_SLOT_ID": f"ts{number}", "TIME_VALUE": str(time)}
        ElementTree.SubElement(order, "TIME_SLOT", slot)
    number = 0
    for index, (name, entries) in enumerate(named):
        tier = ElementTree.SubElement(root, "TIER", {"LINGUISTIC_TYPE_REF": _TYPE, "TIER_ID": name})
        for entry, one in enumerate(entries):
            number += 1
            annotation = ElementTree.SubElement(
                ElementTree.SubElement(tier, "ANNOTATION"),
                "ALIGNABLE_ANNOTATION",
                {
                    "ANNOTATION_ID": f"a{number}",
                    "TIME_SLOT_REF1": slots[index, entry, 0],
                    "TIME_SLOT_REF2": slots[index, entry, 1],
                },
            )
            ElementTree.SubElement(annotation, "ANNOTATION_VALUE").text = one.text
    used = ElementTree.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"})
    used.text = str(number)
    ElementTree.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": _TYPE, "TIME_ALIGNABLE": "true"},
    )
    ElementTree.indent(root, "    ")
    with replacing(out) as temporary:
        ElementTree.ElementTree(root).write(temporary, encoding="UTF-8", xml_declaration=True)


def _link(media: Path, out: Path) -> dict[str, str]:
    """The video, by its place on this machine and as seen from the file."""
    relative = os.path.relpath(media, out.absolute().parent)
    # ELAN takes these addresses as they are: it decodes no %20.
    return {
        "MEDIA_URL": _text(f"file://{media.as_posix()}"),
        "MIME_TYPE": mimetypes.guess_type(media.name)[0] or "unknown",
        "RELATIVE_MEDIA_URL": _text(f"./{Path(relative).as_posix()}"),
    }


def _text(path: str) -> str:
    """A path as text that XML can hold; file names may have bytes that are none."""
    plain = path.encode("utf-8", "replace").decode()
    return _NOT_XML.sub("?", plain)
