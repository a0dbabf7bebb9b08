"""Queries in pictures: each with the tracklets that the gallery offered first, right and wrong ones told apart.

Green and red look alike to one in twelve men, so right and wrong differ by a sign and by the line of the frame too.
"""

import base64
import html
from collections.abc import Sequence

from reid_app.evaluation.report.evaluation_page import PicturedTracklet, QueryExample, RankedTracklet
from reid_app.evaluation.report.film_strip import strip_jpeg

_HEIGHT_PX = 256
"""Twice the height on the page, for sharp screens."""
_QUERY_FRAMES = 3


def examples_section(examples: Sequence[QueryExample]) -> str:
    """A card for each query."""
    if not examples:
        return "<p>There is no query to show.</p>"
    # Without its role, a list without bullets is no list to some screen readers.
    return '<ol class="examples" role="list">\n' + "\n".join(_example(example) for example in examples) + "\n</ol>"


def _example(example: QueryExample) -> str:
    query = example.query
    ranked = "\n".join(_ranked(rank, entry) for rank, entry in enumerate(example.ranked, start=1))
    alt = f"The query: pictures of {query.identity} from camera {query.camera} in time order"
    return f"""<li><article class="card">
<div class="head">
<h3>{_isolated(query.identity)}</h3>
<p><span>camera {_isolated(query.camera)}</span> <span>tracklet <code>{_isolated(query.name)}</code></span></p>
<p class="figures"><span>AP <b>{example.average_precision:.3f}</b></span> \
<span>first match at rank <b>{example.first_match_rank:,}</b></span></p>
</div>
<div class="ranking">
<div class="query">{_picture(query, num_frames=_QUERY_FRAMES, alt=alt)}<p>query</p></div>
<ol class="ranked" role="list">
{ranked}
</ol>
</div>
</article></li>"""


def _ranked(rank: int, entry: RankedTracklet) -> str:
    tracklet = entry.tracklet
    verdict, sign = ("right", "\N{CHECK MARK}") if entry.is_match else ("wrong", "\N{MULTIPLICATION X}")
    alt = f"Rank {rank}, {verdict}: {tracklet.identity} from camera {tracklet.camera}"
    return f"""<li class="{verdict}">
<div class="frame"><span class="sign" aria-hidden="true">{rank} {sign}</span>\
{_picture(tracklet, num_frames=1, alt=alt)}</div>
<p title="{html.escape(tracklet.name)}"><b>{_isolated(tracklet.identity)}</b> \
<span>{_isolated(tracklet.camera)}</span> <span>{entry.distance:.3f}</span></p>
</li>"""


def _picture(tracklet: PicturedTracklet, *, num_frames: int, alt: str) -> str:
    jpeg = strip_jpeg(tracklet.crops, height_px=_HEIGHT_PX, max_frames=num_frames)
    data = base64.b64encode(jpeg).decode("ascii")
    return f'<img src="data:image/jpeg;base64,{data}" alt="{html.escape(alt)}">'


def _isolated(text: str) -> str:
    """Escaped, and unable to turn the direction of the text around it."""
    return f"<bdi>{html.escape(text)}</bdi>"
