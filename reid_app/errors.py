"""Everything that can go wrong and that an operator or a client can act on.

A message names the thing, the value and the remedy. `ValueError` stays for a programmer's mistake.
"""


class ReidError(Exception):
    """Base of all errors that are shown to users as they are, without a stack trace."""


class SettingsError(ReidError):
    """A setting is misspelled, missing or out of range."""


class InputError(ReidError):
    """What was handed in cannot be used: a file, a table of tracks, a picture, an argument."""


class VideoError(InputError):
    """A video cannot be opened or decoded, or its decoder died."""


class LimitError(InputError):
    """What was handed in is larger than a limit allows."""


class ModelMissingError(ReidError):
    """A model file is not in any of the places where it is looked for."""


class ModelInvalidError(ReidError):
    """A model file has the wrong checksum or shape, or the network yields NaN."""


class ModelMismatchError(ReidError):
    """Vectors of two models were about to meet."""


class NotFoundError(ReidError):
    """The named camera, video, tracklet, identity, probe, key or job does not exist."""


class ConflictError(ReidError):
    """The request contradicts what is stored."""


class LockedError(ReidError):
    """Another process holds the lock that this work needs."""


class DamagedError(ReidError):
    """A stored file is missing, truncated or does not fit its checksum."""


class StorageFullError(ReidError):
    """The disk or the quota is full; nothing was lost, the work can be repeated."""


class CancelledError(ReidError):
    """The work was asked to stop and did, at a point from which it can go on."""
