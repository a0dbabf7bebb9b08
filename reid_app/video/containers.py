"""Which container a file is, by its first bytes; the name and the ending of a file say nothing.

Only these are ever opened, each as exactly what it is. Playlists and scripts, which name other files, are not
among them.
"""

from reid_app.errors import VideoError

NUM_BYTES = 1024
"""As much of the file's start as `identify_container` wants to see."""

_MP4_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"}
_TS_PACKETS = ((188, 0), (192, 4), (204, 0))
_ACCEPTED = "MP4/MOV, Matroska/WebM, AVI, MPEG-TS or MPEG-PS"


def identify_container(head: bytes) -> str:
    """FFmpeg's name of the container that begins with these bytes.

    Args:
        head: The first `NUM_BYTES` bytes of the file, or all of a shorter one.

    Raises:
        VideoError: The file is empty or is none of the accepted containers.

    Examples:
        >>> identify_container(bytes.fromhex("1a45dfa3") + bytes(20))
        'matroska'
        >>> identify_container(b"RIFF" + bytes(4) + b"AVI LIST")
        'avi'
    """
    if not head:
        raise VideoError("the file is empty")
    if head[4:8] in _MP4_BOXES:
        return "mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:11] == b"AVI":
        return "avi"
    if head.startswith(b"\x00\x00\x01\xba"):
        return "mpeg"
    if any(_is_transport_stream(head, size=size, offset=offset) for size, offset in _TS_PACKETS):
        return "mpegts"
    looks = "it looks like text" if head.isascii() and b"\x00" not in head else f"it begins with {head[:8].hex(' ')}"
    raise VideoError(f"not a video that is accepted here ({_ACCEPTED}): {looks}")


def _is_transport_stream(head: bytes, *, size: int, offset: int) -> bool:
    """Whether packets of this size repeat their sync byte for as long as the head reaches, at least three times."""
    return len(head) > offset + 2 * size and all(byte == 0x47 for byte in head[offset::size])
