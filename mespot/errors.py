"""Errors that a user can mend, told apart from bugs."""


class InputError(Exception):
    """Bad input: the message names the file, the row or key, what is wrong and what to do.

    Scripts and the command line print it without a traceback.
    """
