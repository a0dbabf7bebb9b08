"""Logs: one JSON object per line on standard error, for our own events and for those of libraries."""

import logging
import sys

import structlog

_LIBRARY_LEVELS = {"uvicorn": logging.INFO, "dbos": logging.WARNING, "faiss": logging.WARNING, "httpx": logging.WARNING}


def configure_logging(level: str = "INFO") -> None:
    """Send all logging of this process to standard error as JSON. Call it once, in the entry point.

    Args:
        level: Least severe level that is written, such as ``"INFO"``.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, library_level in _LIBRARY_LEVELS.items():
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]  # dbos adds a console handler of its own where it finds none
        logger.propagate = True
        logger.setLevel(library_level)
