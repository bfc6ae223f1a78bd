"""Limits on what is read from files of others. Real recordings and corpora stay far below them.

They are here because a file can say more than anybody has memory or time for. docs/reliability.md
lists them, and shows what such files cost.
"""

MB = 1_000_000

# Config files. The project's own has 20 kB, 500 values and 6 levels.
CONFIG_BYTES = 4 * MB
CONFIG_VALUES = 100_000
CONFIG_DEPTH = 50

# Tables that people write. The motion of 16 regions over an hour at 30 frames a second has 108,000
# rows, 3.6 million cells and 35 MB.
SHEET_BYTES = 100 * MB
SHEET_LINES = 2_000_000
SHEET_ROWS = 500_000
SHEET_COLUMNS = 10_000
SHEET_CELLS = 6_000_000
NAMED_COLUMNS = 1_000  # of a table in which known columns are looked for
CELL_LETTERS = 100  # of a number, a rate, a time or a class

# Workbooks, of which real ones have some ten thousand cells.
WORKBOOK_BYTES = 30 * MB
WORKBOOK_UNPACKED = 200 * MB
WORKBOOK_TAGS = 2_000_000  # of the XML in it: half a million cells
WORKBOOK_CELLS = 2_000_000

# Files of annotation tools. An hour of dense annotations has 4 MB.
ANNOTATIONS_BYTES = 32 * MB
ANNOTATIONS_PARTS = 1_000_000  # tags of XML, or lists and objects of JSON

# Series of motion. Two hours of 16 regions have 110 MB at six lags.
MOTION_BYTES = 400 * MB

# Pictures and videos. 8K has 33 million pixels.
PICTURE_BYTES = 300 * MB
PIXELS = 40_000_000
VIDEO_HOURS = 100
FRAMES = 2**31  # numbers of frames are stored in 32 bits

# Networks and MediaPipe's model. A spotter with its own encoders has some ten MB, and 160 bytes for
# each frame that it was trained on: with four million frames, as of CAS(ME)^3, 640 MB.
CHECKPOINT_BYTES = 400 * MB
SPOTTER_BYTES = 4_000 * MB
CHECKPOINT_VALUES = 1_000_000  # in its lists and dictionaries, each counted where it stands
NETWORK_SIZES = 1_000  # numbers that say how large a network is
NETWORK_WIDTH = 10_000  # each of them
LANDMARKER_BYTES = 100 * MB
