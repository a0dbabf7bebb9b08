"""A service for the tests: `python -m tests.unit.services.http.small_service PORT FOLDER [CHILD]`.

It takes uploads, shows jobs, and keeps one child: `steady` lives until SIGTERM, `feeble` ends at once.
"""

import sys
from pathlib import Path

from fastapi import APIRouter, Depends, Request

from services.http.app import create_app
from services.http.auth import Scope, require
from services.http.job_routes import job_router
from services.http.jobs import JobClient
from services.http.limits import Limits
from services.http.logs import configure_logging
from services.http.server import serve
from services.http.supervisor import Child, supervise
from services.http.uploads import received_form
from tests.unit.services.http.conftest import FakeKeys, SmallLimits

CHILDREN = {
    "steady": """
import os, signal, sys, time
ledger = open(sys.argv[1], "a", buffering=1)
def stop(*_):
    print("stopped", os.getpid(), file=ledger)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("started", os.getpid(), file=ledger)
time.sleep(600)
""",
    "feeble": """
import os, sys
print("started", os.getpid(), file=open(sys.argv[1], "a"))
""",
}


def main() -> None:
    port, folder, child = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    configure_logging()
    jobs = JobClient(f"sqlite:///{folder}/jobs.sqlite3")
    router = APIRouter()

    @router.post("/videos", dependencies=[Depends(require(Scope.WRITE))])
    async def upload(request: Request) -> str:
        async with received_form(request, folder=folder / "uploads", config=SmallLimits()) as form:
            return form.files[0].keep().name

    @router.post("/jobs", dependencies=[Depends(require(Scope.WRITE))])
    def enqueue() -> str:
        return jobs.enqueue("count", {}, queue="nobody-works", owner="me").job.job_id

    children = [Child(child, [sys.executable, "-c", CHILDREN[child], str(folder / "ledger")])]
    with supervise(children) as supervisor:
        app = create_app(
            title="small",
            version="1",
            description="",
            routers=[router, job_router(jobs)],
            keys=FakeKeys(),
            limits=Limits.of(SmallLimits()),
            checks={"children": supervisor.check, "jobs": jobs.check},
        )
        serve(app, host="127.0.0.1", port=port)
    (folder / "end").write_text("in order")


if __name__ == "__main__":
    main()
