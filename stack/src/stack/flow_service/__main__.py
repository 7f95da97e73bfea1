"""`python -m stack.flow_service --http PORT [--host ADDRESS]`."""

import argparse
import asyncio

import uvicorn

from stack.flow_service.app import FlowService, create_app


def main() -> None:
    """Serve until told to stop; nothing is kept."""
    parser = argparse.ArgumentParser(prog="stack.flow_service", description="Stand in for an approved platform")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--http", type=int, required=True, metavar="PORT")
    options = parser.parse_args()
    config = uvicorn.Config(
        create_app(FlowService()), host=options.host, port=options.http, log_level="warning", lifespan="off"
    )
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
