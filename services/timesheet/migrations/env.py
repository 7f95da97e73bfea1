import timesheet.main  # noqa: F401 - declares every table

from chassis.migrate import run_env

run_env()
