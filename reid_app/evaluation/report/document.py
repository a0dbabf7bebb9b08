"""A report as a single HTML file that needs nothing else.

Style is inline, pictures are data URIs, there is no script, and its own content security policy forbids requests.
"""

import html
from pathlib import Path

from reid_app.tracklets.files import write_atomically


def write_document(path: Path, *, title: str, style: Path, body: str) -> None:
    """Write a page, whole or not at all.

    Args:
        path: The HTML file.
        title: As somebody typed it; escaped here.
        style: The page's own CSS, added to that of all reports.
        body: HTML, in which everything that people typed is escaped.

    Raises:
        StorageFullError: The disk is full.
    """
    styles = Path(__file__).with_suffix(".css").read_text(encoding="utf-8") + style.read_text(encoding="utf-8")
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>
{styles}</style>
</head>
<body>
{body}
</body>
</html>
"""
    # A lone surrogate in a name has no UTF-8 form; as a character reference it shows as a replacement character.
    write_atomically(path, page.encode("utf-8", "xmlcharrefreplace"))
