"""``python -m services.query``: the query API and its worker."""

from services.http.running import run_service
from services.query.app import WORKERS, build

if __name__ == "__main__":
    run_service(title="reid query", build=build, workers=WORKERS)
