import importlib
import sys

import pytest

# pytest names these modules after their folder and so may put an empty `stack` in front of the package.
if getattr(sys.modules.get("stack"), "__file__", None) is None:
    sys.modules.pop("stack", None)
    importlib.import_module("stack")


@pytest.fixture(scope="module")
def postgres():
    from stack.postgres import temporary_postgres

    with temporary_postgres() as running:
        yield running


@pytest.fixture(scope="module")
def rabbit():
    from stack.rabbitmq import temporary_rabbit

    with temporary_rabbit() as running:
        yield running
