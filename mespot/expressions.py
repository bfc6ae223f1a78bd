"""The two classes of expressions that are spotted, and what they are together."""

CLASSES = ("micro", "macro")
# In tables: both classes, or all subjects.
ALL = "all"
EXPRESSIONS = (*CLASSES, ALL)
