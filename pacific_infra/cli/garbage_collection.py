"""How often Python's garbage collector looks for cycles of dead objects."""

import gc

OBJECTS = 200_000
"""New objects between two collections. Documents and graph live to the end; traversing them again and again took
30 to 70 % of the time of loading."""


def long_lived_objects() -> None:
    """Collect rarely, which suits a command that builds one large structure and ends."""
    gc.set_threshold(OBJECTS, 20, 20)
