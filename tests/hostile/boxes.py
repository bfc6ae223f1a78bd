"""MP4 and QuickTime files whose boxes say something else than was written."""

import struct

_HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def box(name, *content):
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + name + body


def with_boxes(data, changes, track=b"vide"):
    """The bytes of a file with another content of some boxes of a track. track: `vide` or `soun`.

    changes: {name: content}. The lengths of the boxes around them are put right.
    """
    made, at = [], 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        whole, content = data[at : at + size], data[at + 8 : at + size]
        if name == b"trak" and b"mhlr" + track not in content:
            made.append(whole)
        elif name in _HOLDERS:
            made.append(box(name, with_boxes(content, changes, track)))
        else:
            made.append(box(name, changes[name]) if name in changes else whole)
        at += size
    return b"".join(made)


def samples(count, chunk, ticks=1):
    """Boxes of a track of `count` samples of one byte each that last `ticks`, with `chunk` of them
    in each chunk."""
    return {
        b"stsz": struct.pack(">III", 0, 1, count),
        b"stts": struct.pack(">IIII", 0, 1, count, ticks),
        b"stsc": struct.pack(">IIIII", 0, 1, 1, chunk, 1),
    }
