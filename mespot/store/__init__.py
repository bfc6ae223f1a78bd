"""Artefacts on disk: HDF5 layouts and their reader and writer, CSV tables, atomic files."""
