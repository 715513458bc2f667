"""All masters, by name."""

# Imported for what they put into the lists.
import scenes_channels  # noqa: F401
import scenes_drawn  # noqa: F401
import scenes_objects  # noqa: F401
import scenes_structure  # noqa: F401
from masters import DRAWN, SCENES


def make(name):
    """The scene of that name; "any_objects 3" is drawn from seed 3."""
    if name in SCENES:
        return SCENES[name]()
    kind, seed = name.split()
    return DRAWN[kind](seed)
