"""The two streams, each of which one network learns to reconstruct, and what it reads."""

STREAMS = ("face", "flow")
# Kind of artefact, and folder of results/{corpus}, that holds what a stream's network reads.
SOURCES = {"face": "frames", "flow": "flow"}
