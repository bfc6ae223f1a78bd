"""Tiny video files for tests. The brightness of a picture says which it is."""

from fractions import Fraction

import av
import numpy as np

SIZE = 64, 48  # width, height


def picture(number, size=SIZE):
    """A grey picture (H, W, 3), with a texture that makes packets larger than nothing."""
    noise = np.random.default_rng(number).integers(-3, 4, (size[1], size[0], 1))
    return np.repeat(20 + 11 * (number % 20) + noise, 3, axis=2).astype(np.uint8)


def number_of(image):
    """The number modulo 20 of a picture."""
    return round((float(image.mean()) - 19) / 11)


def encode(path, pictures, times, *, codec="mpeg4", tick=Fraction(1, 1000), **settings):
    """A video file of `pictures` (H, W, 3) BGR, shown at `times` (units of `tick`).

    settings: `pix_fmt`, `options`, `aspect` (of a pixel), `turned` (degrees) and `interlaced`.
    """
    options = {"qscale": "2", "g": "12", **settings.get("options", {})}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=settings.get("rate", 25), options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = settings.get("pix_fmt", "yuv420p")
        stream.codec_context.time_base = tick
        stream.codec_context.thread_count = 1
        if "aspect" in settings:
            stream.codec_context.sample_aspect_ratio = settings["aspect"]
        if "turned" in settings:
            stream.set_display_rotation(settings["turned"])
        if settings.get("interlaced"):
            stream.codec_context.flags |= av.codec.context.Flags.interlaced_dct
        for image, time in zip(pictures, times, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = time, tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def steady(path, count, **settings):
    """A video file of `count` numbered pictures at 25 frames a second."""
    pictures = [picture(number) for number in range(count)]
    return encode(path, pictures, range(count), tick=Fraction(1, 25), **settings)
