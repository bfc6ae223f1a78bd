"""Reconstruction networks of few channels, in the forms that the pipeline builds."""

from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.training.clips import Standardisation
from mespot.training.video_values import form


def shape_of(stream, **changes):
    """Keyword arguments of the network of a stream; cells of 4 px."""
    small = dict(channels=4, code_channels=2, downsample=4, encoder_depth=2, decoder_depth=1)
    return {**form(stream), **small, **changes}


def built(shape, generator):
    network = ReconstructionNetwork(**shape)
    network.initialise(generator)
    return network


def plain_scale(stream):
    """A standardisation that changes nothing."""
    moving = form(stream)["in_channels"]
    read = moving + form(stream)["reference"]
    return Standardisation([0.0] * read, [1.0] * read, "raw", 1, [0.0] * moving, [1.0] * moving)
