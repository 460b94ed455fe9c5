"""How often Python looks for cycles of dead objects."""

import gc

OBJECTS = 200_000
"""New objects between two looks. Documents and graph are kept to the end: looking through them again and again took
30 to 70 % of the time of loading."""


def long_lived_objects() -> None:
    """Look rarely, as suits a command that builds up one great structure and ends."""
    gc.set_threshold(OBJECTS, 20, 20)
