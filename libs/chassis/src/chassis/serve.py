"""Start a service: `python -m chassis.serve [service]` (or MAILLON_SERVICE)."""

from __future__ import annotations

import importlib
import os
import sys

import uvicorn

from chassis.app import create_app
from chassis.logs import set_up_logs
from chassis.platform import Service
from chassis.settings import get_settings
from chassis.telemetry import set_up_telemetry


def main() -> None:
    """Run until told to stop; a stop lets requests and messages in flight finish."""
    if len(sys.argv) > 1:
        os.environ["MAILLON_SERVICE"] = sys.argv[1]
    settings = get_settings()
    set_up_logs(settings.service, settings.log_level)
    if settings.telemetry:
        set_up_telemetry(settings.service, settings.trace_sampling)
    service: Service = importlib.import_module(f"{settings.service}.main").service
    uvicorn.run(
        create_app(service, settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
