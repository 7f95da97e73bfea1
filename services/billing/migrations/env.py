import billing.main  # noqa: F401 - brings every table of the service
from chassis.migrate import run_env

run_env()
