"""How the interpreter of a long command is set up."""

import gc
import sys

SWITCH_S = 0.001


def keep_what_is_here() -> None:
    """What was loaded is here for good: the garbage collector does not look through it again and again."""
    gc.collect()
    gc.freeze()


def answer_quickly() -> None:
    """Requests and runs share one interpreter: whoever wants it gets it within a millisecond."""
    sys.setswitchinterval(SWITCH_S)
    keep_what_is_here()
