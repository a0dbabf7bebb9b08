"""``python -m services.ingest``: the ingest API and its worker."""

from services.http.running import run_service
from services.ingest.app import WORKERS, build

if __name__ == "__main__":
    run_service(title="reid ingest", build=build, workers=WORKERS)
