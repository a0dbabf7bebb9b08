"""Names that people give: they are shown, printed and searched, so they are plain text of bounded length."""

import unicodedata

from reid_app.errors import InputError

_MAX_LENGTH = 200


def checked_name(what: str, text: str) -> str:
    """The name in its composed Unicode form, so that equal looking names are equal.

    Args:
        what: Named in the error, such as ``"identity name"``.
        text: As somebody typed it.

    Raises:
        InputError: It is empty, too long, has a blank at an end, or a character that cannot be printed.

    Examples:
        >>> checked_name("identity name", "Anna")
        'Anna'
    """
    name = unicodedata.normalize("NFC", text)
    if not name or len(name) > _MAX_LENGTH or name != name.strip() or not name.isprintable():
        raise InputError(
            f"the {what} {text[:_MAX_LENGTH]!r} is not usable: give 1 to {_MAX_LENGTH} printable characters without "
            "blanks at the ends"
        )
    return name


def shown_file_name(name: str) -> str:
    """A file's name for people: what cannot be stored or printed is replaced.

    Examples:
        >>> shown_file_name("a" + chr(10) + "b" + chr(0xDC80) + ".mp4")
        'a?b?.mp4'
    """
    return "".join(character if character.isprintable() else "?" for character in name)[:_MAX_LENGTH]
