"""Each import-linter contract is seen to fail on a tree that breaks it, and only that one fails."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
OURS = ("chassis.", "contracts.")


def named_modules() -> set[str]:
    keys = ("source_modules", "forbidden_modules")
    named = {module for contract in RULES["contracts"] for key in keys for module in contract.get(key, [])}
    return {module for module in named if module.startswith(OURS)}


def write_tree(folder: Path, files: dict[str, str]) -> None:
    for package in RULES["root_packages"]:
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text("")
    for module in named_modules():
        (folder / f"{module.replace('.', '/')}.py").write_text("")
    for name, source in {"billing/invoice/__init__.py": "", "billing/invoice/domain.py": "", **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)


def lint(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as l; l()"]
    command += ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


VIOLATIONS = {
    "Services never import each other": {"billing/bad.py": "import identity\n"},
    "Services stand on the chassis": {"chassis/bad.py": "import billing\n"},
    "Test machinery": {"chassis/serve.py": "import chassis.testing\n"},
    "Contracts know no web, broker or database": {"contracts/bad.py": "import sqlalchemy\n"},
    "Rules take rows from chassis.rows": {"billing/invoice/domain.py": "from chassis import emit\n"},
    "Rules know no web, broker or session": {"billing/invoice/domain.py": "import fastapi\n"},
}


def test_a_tree_within_the_rules_passes(tmp_path):
    write_tree(tmp_path, {"billing/good.py": "import chassis\nimport contracts\n"})
    code, output = lint(tmp_path)
    assert code == 0, output


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_violation_is_reported(tmp_path, contract):
    write_tree(tmp_path, VIOLATIONS[contract])
    code, output = lint(tmp_path)
    assert code == 1, output
    broken = [line for line in output.splitlines() if line.rstrip().endswith("BROKEN")]
    assert len(broken) == 1, output
    assert broken[0].startswith(contract)


def test_every_contract_has_a_violating_fixture():
    contracts = RULES["contracts"]
    assert all(any(c["name"].startswith(name) for name in VIOLATIONS) for c in contracts)
    assert len(contracts) == len(VIOLATIONS)
