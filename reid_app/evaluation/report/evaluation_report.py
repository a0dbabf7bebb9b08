"""An evaluation as a single HTML file: figures, curves, cameras, and the best and the worst queries in pictures.

The file needs nothing else: style is inline, pictures are data URIs, curves are SVG inside, there is no script, and its
own content security policy forbids requests. What people typed (names above all) is escaped wherever it stands.
"""

import html
from pathlib import Path

from reid_app.evaluation.report.document import write_document
from reid_app.evaluation.report.evaluation_examples import examples_section
from reid_app.evaluation.report.evaluation_figures import (
    camera_section,
    curves_section,
    headline,
    metrics_section,
    number,
)
from reid_app.evaluation.report.evaluation_page import EvaluationPage
from reid_app.evaluation.report.times import moment_text


def write_evaluation_report(path: Path, page: EvaluationPage) -> None:
    """Write the report, whole or not at all.

    Raises:
        ValueError: A tracklet has no crops, or `made_at` has no time zone.
        StorageFullError: The disk is full.
    """
    style = Path(__file__).with_suffix(".css")
    write_document(path, title=page.title, style=style, body=_body(page))


def _body(page: EvaluationPage) -> str:
    title = html.escape(page.title)
    found = page.evaluation
    return f"""<header>
<h1>{title}</h1>
<p>{_summary(page)}</p>
</header>
<main>
{headline(page)}
<section aria-labelledby="how">
<h2 id="how">How it was measured</h2>
{_facts(page)}
</section>
<section aria-labelledby="metrics">
<h2 id="metrics">Metrics</h2>
{metrics_section(page)}
</section>
<section aria-labelledby="curves">
<h2 id="curves">Curves</h2>
{curves_section(found)}
</section>
<section aria-labelledby="cameras">
<h2 id="cameras">Camera by camera</h2>
{camera_section(found.camera_pairs, camera_names=page.camera_names)}
</section>
<section aria-labelledby="best">
<h2 id="best">The best queries</h2>
{examples_section(page.best)}
</section>
<section aria-labelledby="worst">
<h2 id="worst">The worst queries</h2>
{examples_section(page.worst)}
</section>
</main>
<footer>
<p>Made {moment_text(page.made_at)}.</p>
</footer>"""


def _summary(page: EvaluationPage) -> str:
    found = page.evaluation
    return (
        f"{number(len(found.query_rows_V))} queries against {number(found.num_gallery)} tracklets of "
        f"<bdi>{html.escape(page.dataset)}</bdi>, protocol {html.escape(found.protocol.name)}"
    )


def _facts(page: EvaluationPage) -> str:
    found = page.evaluation
    facts = {
        "Data set": page.dataset,
        "Encoder": page.encoder,
        "Model id": page.model_id,
        "Tracklets": page.tracklet_options,
        "Compared by": page.compared_by,
        "Queries": _queries(page),
        "Gallery": f"{number(found.num_gallery)} tracklets",
        "Protocol": f"{found.protocol.name}: {found.protocol.summary}",
    }
    rows = "\n".join(
        f"<div><dt>{name}</dt> <dd><bdi>{html.escape(value)}</bdi></dd></div>" for name, value in facts.items()
    )
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in page.notes)
    return f'<dl class="card">\n{rows}\n</dl>' + (f'\n<ul class="notes">{notes}</ul>' if notes else "")


def _queries(page: EvaluationPage) -> str:
    found = page.evaluation
    skipped = [f"{number(count)} skipped because {reason}" for reason, count in found.skipped.items() if count]
    if not skipped:
        return f"{number(found.num_queries)}, all of them count"
    counted = f"{number(found.num_queries)}, of which {number(len(found.query_rows_V))} count"
    return "; ".join([counted, *skipped])
