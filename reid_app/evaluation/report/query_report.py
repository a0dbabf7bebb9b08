"""The answer to one query as a single HTML file: the probe on top, one card for each result.

The file needs nothing else: style is inline, pictures are data URIs, there is no script, and its own content
security policy forbids requests. What people typed (names above all) is escaped wherever it stands.
"""

import base64
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from reid_app.evaluation.report.document import write_document
from reid_app.evaluation.report.film_strip import JPEG_QUALITY, film_strip
from reid_app.evaluation.report.times import moment_text, span_text
from reid_app.tracklets.store import encode_jpeg
from reid_app.tracklets.types import Image

Decision = Literal["match", "unknown", "ambiguous", "uncalibrated"]

_DECISIONS: dict[Decision, str] = {
    "match": "The first result is similar enough to be the same person, and clearly ahead of the next.",
    "unknown": "Nobody in the gallery is similar enough to be the same person.",
    "ambiguous": "Several people are similar enough; which of them it is cannot be said from the pictures.",
    "uncalibrated": (
        "The results are ordered by similarity only. No threshold has been set with known examples yet, "
        "so this list does not say whether the person was found: look at the pictures."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """One tracklet as the report shows it."""

    tracklet_id: str
    identity_name: str | None
    """What people call this person; None when nobody has named them."""
    camera_id: str
    start_s: float
    """First presentation time in the video, in seconds."""
    end_s: float
    """Last presentation time in the video, in seconds."""
    starts_at: datetime | None
    """When `start_s` was, with a time zone; None when the recording's start is unknown."""
    crops: tuple[Image, ...]
    """At least one, in time order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportEntry:
    """One ranked result."""

    rank: int
    """From 1."""
    similarity: float
    """Cosine in [-1, 1]; larger is nearer."""
    sighting: Sighting

    def __post_init__(self) -> None:
        if self.rank < 1 or not math.isfinite(self.similarity):
            raise ValueError(f"an entry needs rank >= 1 and a finite similarity, got {self.rank}, {self.similarity}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryReport:
    """Everything that the report says."""

    title: str
    probe: Sighting
    entries: tuple[ReportEntry, ...]
    """In rank order; may be empty."""
    decision: Decision
    detector: str
    encoder: str
    model_id: str
    gallery_size: int
    """Tracklets in the gallery."""
    gallery_version: str
    made_at: datetime
    """With a time zone."""
    notes: tuple[str, ...]
    """One sentence each, such as which better model could be used."""


def write_query_report(path: Path, report: QueryReport) -> None:
    """Write the report, whole or not at all.

    Raises:
        ValueError: A tracklet has no crops, or a time has no time zone.
        StorageFullError: The disk is full.
    """
    style = Path(__file__).with_suffix(".css")
    write_document(path, title=report.title, style=style, body=_body(report))


def _body(report: QueryReport) -> str:
    title = html.escape(report.title)
    return f"""<header>
<h1>{title}</h1>
<p>{_summary(report)}</p>
</header>
<main>
<section aria-labelledby="probe">
<h2 id="probe">The person searched for</h2>
<article class="probe">
<div class="head">{_who(report.probe)}</div>
{_strip(report.probe, label="the person searched for")}
</article>
</section>
<section aria-labelledby="results">
<h2 id="results">Results, most similar first</h2>
<p class="decision">{html.escape(_DECISIONS[report.decision])}</p>
{_results(report.entries)}
</section>
</main>
{_footer(report)}"""


def _summary(report: QueryReport) -> str:
    num_results, size = len(report.entries), report.gallery_size
    results = "1 result" if num_results == 1 else f"{num_results} results"
    return f"{results} from a gallery of {size} {'tracklet' if size == 1 else 'tracklets'}"


def _results(entries: Sequence[ReportEntry]) -> str:
    if not entries:
        return "<p>There is nobody to show: the gallery holds no other tracklet that fits the search.</p>"
    # Without its role, a list without bullets is no list to some screen readers.
    return '<ol class="results" role="list">\n' + "\n".join(_result(entry) for entry in entries) + "\n</ol>"


def _result(entry: ReportEntry) -> str:
    share = 100.0 * min(1.0, max(0.0, entry.similarity))
    number = f"{entry.similarity:.3f}".replace("-", "\N{MINUS SIGN}")
    return f"""<li><article class="result">
<div class="head">
<div class="rank" role="img" aria-label="Rank {entry.rank}">{entry.rank}</div>
{_who(entry.sighting)}
<div class="similarity">
<p><span>Similarity</span> {number}</p>
<div class="bar" aria-hidden="true"><div style="width: {share:.1f}%"></div></div>
</div>
</div>
{_strip(entry.sighting, label=f"result {entry.rank}")}
</article></li>"""


def _who(sighting: Sighting) -> str:
    tracklet = f"tracklet <code>{_isolated(sighting.tracklet_id)}</code>"
    if sighting.identity_name is None:
        name, more = f'<span class="unnamed">unnamed ({tracklet})</span>', ""
    else:
        name, more = _isolated(sighting.identity_name), f" <span>{tracklet}</span>"
    when = html.escape(span_text(sighting.start_s, sighting.end_s, starts_at=sighting.starts_at))
    return f"""<div class="who">
<h3>{name}</h3>
<p class="where"><span>camera {_isolated(sighting.camera_id)}</span> <span>{when}</span>{more}</p>
</div>"""


def _isolated(text: str) -> str:
    """Escaped, and unable to turn the direction of the text around it."""
    return f"<bdi>{html.escape(text)}</bdi>"


def _strip(sighting: Sighting, *, label: str) -> str:
    strip = film_strip(sighting.crops)
    height, width = strip.shape[:2]
    data = base64.b64encode(encode_jpeg(strip, quality=JPEG_QUALITY)).decode("ascii")
    alt = html.escape(f"Film strip of {label}: pictures from camera {sighting.camera_id} in time order")
    return (
        f'<div class="strip"><img src="data:image/jpeg;base64,{data}" width="{width}" height="{height}" '
        f'alt="{alt}"></div>'
    )


def _footer(report: QueryReport) -> str:
    facts = {
        "Detector": report.detector,
        "Encoder": report.encoder,
        "Model id": report.model_id,
        "Gallery": f"{report.gallery_size} tracklets, version {report.gallery_version}",
        "Decision": report.decision,
        "Made": moment_text(report.made_at),
    }
    rows = "\n".join(f"<div><dt>{name}</dt> <dd>{_isolated(value)}</dd></div>" for name, value in facts.items())
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in report.notes)
    notes_list = f"\n<ul>{notes}</ul>" if notes else ""
    return f"""<footer>
<h2>How this was made</h2>
<dl>
{rows}
</dl>{notes_list}
</footer>"""
