import company.main  # noqa: F401
from chassis.migrate import run_env

run_env()
