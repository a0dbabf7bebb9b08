"""What every service does around its routes: settings, stores, child processes, listening."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.metadata import version

from fastapi import APIRouter

from reid_app.catalog.catalog import Catalog
from reid_app.pipelines.parts import open_catalog
from reid_app.settings import Settings, load_settings
from services.http.app import create_app
from services.http.auth import check_bind
from services.http.entry import run_main
from services.http.job_routes import job_router
from services.http.jobs import JobClient
from services.http.limits import Limits
from services.http.server import serve
from services.http.supervisor import Child, supervise

DESCRIPTION = """
Videos in, ranked identities out.

Errors are RFC 9457 problems with a stable `type`. What takes long is a job: follow it at `/v1/jobs/{id}` or, as
server-sent events, at `/v1/jobs/{id}/events`. Until the first key is made (`reid keys create`), only this machine may
ask.
"""

Build = Callable[[Settings, Catalog, JobClient, ExitStack], Sequence[APIRouter]]
"""Makes a service's routes; what has to be closed at the end goes onto the stack."""


def run_service(*, title: str, build: Build, workers: Sequence[Child]) -> None:
    """Answer requests and keep the workers running until SIGTERM or SIGINT; errors end it with one line."""
    run_main(lambda: _run(title=title, build=build, workers=workers))


def _run(*, title: str, build: Build, workers: Sequence[Child]) -> None:
    settings = load_settings()
    with ExitStack() as closing:
        catalog = closing.enter_context(open_catalog(settings))
        check_bind(settings.http.host, catalog.keys)
        jobs = JobClient(settings.jobs_location)
        closing.callback(jobs.close)
        routers = [*build(settings, catalog, jobs, closing), job_router(jobs)]
        supervisor = closing.enter_context(supervise(workers))
        app = create_app(
            title=title,
            version=version("reid-app"),
            description=DESCRIPTION,
            routers=routers,
            keys=catalog.keys,
            limits=Limits.of(settings.http),
            checks={"jobs": jobs.check, "workers": supervisor.check},
        )
        serve(app, host=settings.http.host, port=settings.http.port)
