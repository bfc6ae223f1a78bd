"""Files that were made to take the time, the memory or the trust of whoever reads them.

`python -m tests.hostile` gives each to the reader that it is meant for, in a process of its own,
and prints what became of it: the table in docs/reliability.md.
"""
