"""Hostile HDF5 files, series, networks, images and videos. Each function makes one file."""

import hashlib
import io as streams
import struct
import zipfile
import zlib
from fractions import Fraction

import av
import cv2
import h5py
import numpy as np
import torch

from mespot.store.sealed import seal
from mespot.training import checkpoint
from tests.hostile.boxes import samples, with_boxes
from tests.hostile.texts import MB, a_folder, endless, pipe, sparse, written
from tests.unit.models import untrained
from tests.unit.stored_kinds import arrays, attributes
from tests.unit.stored_videos import waves, write_flow

# ---------------------------------------------------------------- HDF5


def flow(change):
    """A flow file with its seal, changed before it was sealed: whoever knows how can do so."""

    def make(folder):
        path = folder / "flow.h5"
        write_flow(path, video="v", flow=waves(6, 0))
        with h5py.File(path, "a") as file:
            change(file)
        seal(path)
        return path

    return make


def motion(change):
    def make(folder):
        from mespot.store import io

        path, rng = folder / "m.h5", np.random.default_rng(1)
        made = arrays("motion", rng)
        io.write(path, "motion", made, attrs=attributes("motion"), provenance={})
        with h5py.File(path, "a") as file:
            change(file)
        return path

    return make


def replaced(name, shape, dtype=np.float32, **options):
    def change(file):
        del file[name]
        file.create_dataset(name, shape, dtype, **options)

    return change


def deflated(file):
    """A piece that unpacks to 4 GB where 24 bytes are stated."""
    replaced("blink", (6,), chunks=(6,), compression="gzip")(file)
    packer = zlib.compressobj(1)
    head, same = (
        packer.compress(bytes(10 * MB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    bomb = head + same * 400
    file["blink"].id.write_direct_chunk((0,), bomb)


def many_videos(folder):
    path = folder / "scores.h5"
    from mespot.store import io

    names = [f"v{number}" for number in range(300)]
    content = {name: arrays("scores", np.random.default_rng(1)) for name in names}
    named = {"corpus": "c", "method": "m", "fold": "f"}
    own = {name: {"threshold_micro": 0.5, "threshold_macro": 0.5} for name in names}
    io.write_videos(path, "scores", content, attrs=named, provenance={}, video_attrs=own)
    with h5py.File(path, "a") as file:
        for name in names:
            for data_set in list(file[name]):
                kind = file[f"{name}/{data_set}"].dtype
                replaced(f"{name}/{data_set}", (8 * MB,), kind, chunks=(MB,))(file)
    seal(path)
    return path


HDF5 = [
    ("HDF5 that claims 2.5 TB", "artefact",
     flow(replaced("flow", (6, 10**6, 10**5, 2), np.int16, chunks=(1, 100, 100, 2))), "flow"),
    ("HDF5 in one piece of 4 GB", "artefact",
     flow(replaced("blink", (6,), chunks=(10**9,), maxshape=(None,), compression="lzf")), "flow"),
    ("HDF5 with a deflated bomb", "artefact", flow(deflated), "flow"),
    ("HDF5 of 300 videos of 256 MB each", "artefacts", many_videos, "scores"),
    ("shared motion with a deflated bomb", "series", motion(deflated)),
    ("shared motion that claims 2.5 TB", "series",
     motion(replaced("regional", (7, 2, 10**11, 2), chunks=(1, 1, 10, 2)))),
    ("any HDF5 that claims 2.5 TB", "any HDF5",
     flow(replaced("flow", (6, 10**6, 10**5, 2), np.int16, chunks=(1, 100, 100, 2)))),
    ("any HDF5 with a deflated bomb", "any HDF5", flow(deflated)),
    ("2 GB of nothing as HDF5", "artefact", sparse("flow.h5", 2000 * MB), "flow"),
    ("a pipe as HDF5", "artefact", pipe("flow.h5"), "flow"),
]  # fmt: skip


# ---------------------------------------------------------------- series


def npy(shape, size, kind="<f4"):
    """An .npy that claims a shape, with so many bytes behind its head."""

    def make(folder):
        head = {"descr": kind, "fortran_order": False, "shape": shape}
        with (folder / "a.npy").open("wb") as file:
            np.lib.format.write_array_header_1_0(file, head)
            file.truncate(file.tell() + size)
        return folder / "a.npy"

    return make


def objects(folder):
    np.save(folder / "a.npy", np.array([print], object), allow_pickle=True)
    return folder / "a.npy"


SERIES = [
    ("an .npy that claims 1 TB", "series", npy((10**11, 2, 2), 96)),
    ("an .npy of 10 GB of nothing", "series", npy((625 * MB, 2, 2), 10_000 * MB)),
    ("an .npy of objects", "series", objects),
    ("an .npy of negative lengths", "series", npy((-1, 2, 2), 96)),
    ("a pipe as a series", "series", pipe("a.npy")),
    ("a folder as a series", "series", a_folder("a.npy")),
]


# ---------------------------------------------------------------- networks


def sealed(path, payload):
    path.write_bytes(payload + hashlib.sha256(payload).digest())
    return path


def model(change):
    """A model that works, changed, and sealed as one that was written so."""

    def make(folder):
        path = untrained(folder / "model.pt")
        content = torch.load(
            streams.BytesIO(path.read_bytes()[:-32]), map_location="cpu", weights_only=True
        )
        change(content)
        buffer = streams.BytesIO()
        torch.save(content, buffer)
        return sealed(path, buffer.getvalue())

    return make


def spotter(state):
    def make(folder):
        content = dict.fromkeys(checkpoint.KINDS["spotter"][1], {})
        checkpoint.save(folder / "s.pt", "spotter", {**content, "state": state(), "whose": {}})
        return folder / "s.pt"

    return make


def repeated():
    one = [torch.zeros(1)]
    for _ in range(30):
        one = [one] * 10
    return one


def packed(folder):
    """A checkpoint whose archive is deflated: 1 GB of zeros in 1 MB."""
    path = spotter(lambda: {"w": torch.zeros(25 * MB)})(folder)
    buffer = streams.BytesIO()
    with (
        zipfile.ZipFile(streams.BytesIO(path.read_bytes()[:-32])) as stored,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as deflated_,
    ):
        for entry in stored.infolist():
            name = zipfile.ZipInfo(entry.filename)
            name.compress_type = zipfile.ZIP_DEFLATED
            deflated_.writestr(name, stored.read(entry))
    return sealed(path, buffer.getvalue())


class Runs:
    def __reduce__(self):
        return print, ("ran",)


def code(folder):
    buffer = streams.BytesIO()
    torch.save({"kind": "spotter", "version": 7, "state": Runs()}, buffer)
    return sealed(folder / "s.pt", buffer.getvalue())


def network(**sizes):
    return model(lambda content: content["network"].update(sizes))


NETWORKS = [
    ("a checkpoint that runs code", "checkpoint", code),
    ("a checkpoint of NaN weights", "checkpoint", spotter(lambda: {"w": torch.full((9,), np.nan)})),
    ("a tensor of 4 TB over one number", "checkpoint",
     spotter(lambda: {"w": torch.zeros(1).expand(10**12)})),
    ("a tensor of 2 GB over one number", "checkpoint",
     spotter(lambda: {"w": torch.zeros(1).expand(500 * MB)})),
    ("a sparse tensor of 4 TB", "checkpoint",
     spotter(lambda: {"w": torch.sparse_coo_tensor(size=(10**6, 10**6), dtype=torch.float32)})),
    ("a tensor without content", "checkpoint",
     spotter(lambda: {"w": torch.empty(10**12, device="meta")})),
    ("a list of 10^30 tensors", "model", model(lambda content: content.update(state=repeated()))),
    ("a deflated checkpoint", "checkpoint", packed),
    ("2 GB of nothing as a checkpoint", "checkpoint", sparse("s.pt", 2000 * MB)),
    ("400 MB of nothing as a checkpoint", "checkpoint", sparse("s.pt", 399 * MB)),
    ("a model with a network 9,000 wide", "model", network(width=9_000, code=9_000)),
    ("a model with a network 10^9 wide", "model", network(width=10**9)),
    ("a model with a million layers", "model", network(dilations=[1] * 900_000)),
    ("a pipe as a model", "model", pipe("model.pt")),
    ("a pipe as MediaPipe's model", "landmarker", pipe("face.task")),
    ("a device without an end as MediaPipe's model", "landmarker", endless("face.task")),
]  # fmt: skip


# ---------------------------------------------------------------- images


def png(width, height, rows=None):
    """A black PNG of 1 bit a pixel. rows: bytes of its content, if not as many as it states."""

    def part(name, content):
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    size = (1 + (width + 7) // 8) * height if rows is None else rows
    parts = part(b"IHDR", head) + part(b"IDAT", zlib.compress(bytes(size), 1)) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def tiff(bits):
    """A TIFF of 30000 x 30000 in one strip that is not there."""
    tags = {256: 30_000, 257: 30_000, 258: bits, 259: 1, 262: 1, 273: 8, 277: 1, 278: 30_000}
    tags[279] = 112_500_000
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def encoded(suffix, *options):
    """A black picture of 30000 x 300 px whose header then says 30000 x 30000."""

    def content():
        data = cv2.imencode(suffix, np.zeros((300, 30_000), np.uint8), options)[1].tobytes()
        wide = struct.pack(">HH", 300, 30_000)
        return data.replace(wide, struct.pack(">HH", 30_000, 30_000), 1)

    return content


def images(*names):
    def make(folder):
        image = cv2.imencode(".png", np.zeros((48, 64), np.uint8))[1].tobytes()
        (folder / "images").mkdir()
        for name in names:
            (folder / "images" / name).write_bytes(image)
        return folder / "images"

    return make


def a_pipe_among(folder):
    path = images("img_1.png", "img_2.png")(folder)
    return pipe("img_3.png")(path).parent


BMP = b"BM" + struct.pack("<IIIIiiHHI", 0, 0, 62, 40, 30_000, 30_000, 1, 1, 0) + bytes(1000)
IMAGES = [
    ("a PNG of 30000 x 30000", "image", written("a.png", lambda: png(30_000, 30_000))),
    ("a PNG of 2^31 x 2^31", "image", written("a.png", png(2**31 - 1, 2**31 - 1, 99))),
    ("a JPEG of 30000 x 30000", "image", written("a.jpg", encoded(".jpg"))),
    ("a BMP of 30000 x 30000", "image", written("a.bmp", BMP)),
    ("a TIFF of 30000 x 30000", "image", written("a.tif", tiff(1))),
    ("a TIFF of 30000 x 30000 of 12 bits", "image", written("a.tif", tiff(12))),
    ("a PGM of 30000 x 30000", "image", written("a.pgm", b"P5 30000 30000 255\n" + bytes(99))),
    ("2 GB of nothing as an image", "image", sparse("a.png", 2000 * MB)),
    ("a pipe as an image", "image", pipe("a.png")),
    ("a pipe among images", "images", a_pipe_among),
    ("images with a number above 32 bits", "images", images("img_1.png", "img_3000000000.png")),
    ("images with numbers of 200 digits", "images", images("1" * 200 + ".png", "2" * 200 + ".png")),
    ("images with numbers far apart", "images", images("i_1.png", "i_2.png", "i_99999999.png")),
]  # fmt: skip


# ---------------------------------------------------------------- videos


def pictures(name, contents, times, codec="png", pix_fmt="rgb24"):
    """A video of encoded pictures, shown at `times`, 1/30 s."""

    def make(folder):
        with av.open(str(folder / name), "w") as container:
            stream = container.add_stream(codec, rate=30)
            stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
            for time, content in zip(times, contents(), strict=False):
                packet = av.Packet(content)
                packet.pts = packet.dts = time
                packet.stream, packet.time_base = stream, Fraction(1, 30)
                packet.is_keyframe = True
                container.mux(packet)
        return folder / name

    return make


def small():
    return [png(64, 48)] * 40


def jpegs():
    return [cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8))[1].tobytes()] * 40


def of_samples(count):
    """An MP4 that declares so many frames of one byte each, and has none of them."""

    def make(folder):
        path = pictures("a.mov", small, range(40))(folder)
        path.write_bytes(with_boxes(path.read_bytes(), samples(count, count)))
        return path

    return make


def with_sound(count, chunk, chunks, ticks=1):
    """A video with sound that declares so many samples, in `chunks` chunks that are all one."""

    def make(folder):
        path = folder / "a.mov"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("png", rate=30)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
            sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
            for time, content in enumerate(small()):
                packet = av.Packet(content)
                packet.pts = packet.dts = time
                packet.stream, packet.time_base = stream, Fraction(1, 30)
                packet.is_keyframe = True
                container.mux(packet)
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), layout="mono")
            silence.rate, silence.pts = 8000, 0
            container.mux(sound.encode(silence))
        places = struct.pack(">II", 0, chunks) + struct.pack(">I", 48) * chunks
        changes = {**samples(count, chunk, ticks), b"stco": places}
        path.write_bytes(with_boxes(path.read_bytes(), changes, b"soun"))
        return path

    return make


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.ts\n#EXT-X-ENDLIST\n"
VIDEOS = [
    ("a video of 30000 x 30000", "video", pictures("a.mov", lambda: [png(30_000, 30_000)], [0])),
    ("a video that grows to 30000 x 30000", "video",
     pictures("a.mov", lambda: [*small()[:20], png(30_000, 30_000)] + small()[:19], range(40))),
    ("a video with a gap of two years", "video",
     pictures("a.mkv", jpegs, [*range(39), 2 * 10**9], "mjpeg", "yuvj420p")),
    ("a video that declares 10 million frames", "video", of_samples(10**7)),
    ("a video that declares 40 million frames", "video", of_samples(4 * 10**7)),
    ("a video with sound of 20 million pieces", "video", with_sound(1000, 2**28, 80)),
    ("a video with old sound, more samples than bytes", "video", with_sound(10**6, 1000, 1000)),
    ("a list of other files as a video", "video",
     written("a.mp4", b"ffconcat version 1.0\nfile other.mp4\n")),
    ("a playlist as a video", "video", written("a.mp4", PLAYLIST)),
    ("5 GB of nothing as a video", "video", sparse("a.mp4", 5000 * MB)),
    ("a pipe as a video", "video", pipe("a.mp4")),
    ("a device without an end as a video", "video", endless("a.mp4")),
]  # fmt: skip
