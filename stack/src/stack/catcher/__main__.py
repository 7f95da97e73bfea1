"""`python -m stack.catcher --smtp PORT --http PORT [--host ADDRESS]`."""

import argparse
import asyncio

import uvicorn
from aiosmtpd.smtp import SMTP

from stack.catcher.app import create_app
from stack.catcher.mailbox import LARGEST_MESSAGE, Inlet, Mailbox
from stack.catcher.spans import TraceStore


async def serve(host: str, smtp_port: int, http_port: int) -> None:
    """Catch until told to stop."""
    mailbox = Mailbox()
    inlet = Inlet(mailbox)

    def talk() -> SMTP:
        return SMTP(inlet, hostname="catcher", enable_SMTPUTF8=True, data_size_limit=LARGEST_MESSAGE)

    smtp = await asyncio.get_running_loop().create_server(talk, host, smtp_port)
    app = create_app(mailbox, TraceStore())
    config = uvicorn.Config(app, host=host, port=http_port, log_level="warning", lifespan="off")
    async with smtp:
        await uvicorn.Server(config).serve()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="stack.catcher", description="Catch e-mails and traces")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp", type=int, required=True, metavar="PORT")
    parser.add_argument("--http", type=int, required=True, metavar="PORT")
    options = parser.parse_args()
    asyncio.run(serve(options.host, options.smtp, options.http))


if __name__ == "__main__":
    main()
