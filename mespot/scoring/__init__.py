"""Scores of spotted intervals, under the strict rule and under those that others use.

Everything here reads tables and arrays and knows neither torch nor HDF5: any spotter's intervals
can be scored. docs/protocol.md says what the rules are, who uses which and where they come from.
"""
