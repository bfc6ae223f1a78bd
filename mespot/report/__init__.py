"""One page that tells a colleague what a run has found: from its tables and figures alone."""
