"""What a pixel can show: the whole part of a G-buffer's material, 0 where it shows nothing.

``material = part + 0.25``; on bodies up to 0.5 more on arms.
"""

BODY = 1
HAIR = 2
HAT = 3
HOOD = 4
SKIRT = 5
TOP_SKIRT = 6
"""What hangs down of a long shirt or dress."""
COAT_SKIRT = 7
BAG = 8
THING = 9
"""Parcel or umbrella."""
BICYCLE = 10
