import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
SERVICES = ["identity", "company", "marketplace", "contracting", "timesheet", "billing"]
COMPOSE = (ROOT / "docker-compose.yml").read_text()


def check_compose(path: Path) -> subprocess.CompletedProcess[str]:
    command = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", path]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def check_dockerfile(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TOOLS / "hadolint", path], capture_output=True, text=True, check=False)


def required_variables(text: str) -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+):\?", text))


class TestCompose:
    def test_follows_the_compose_specification(self) -> None:
        checked = check_compose(ROOT / "docker-compose.yml")
        assert checked.returncode == 0, checked.stdout + checked.stderr

    @pytest.mark.parametrize(("right", "wrong"), [("depends_on:", "depend_on:"), ("condition:", "conditions:")])
    def test_a_misspelled_key_is_reported(self, tmp_path: Path, right: str, wrong: str) -> None:
        (tmp_path / "docker-compose.yml").write_text(COMPOSE.replace(right, wrong))
        checked = check_compose(tmp_path / "docker-compose.yml")
        assert checked.returncode == 1
        assert wrong.removesuffix(":") in checked.stdout

    @pytest.mark.parametrize("name", SERVICES)
    def test_each_service_starts_after_its_own_migration(self, name: str) -> None:
        services = yaml.safe_load(COMPOSE)["services"]
        migration, service, gateway = services[f"migrate-{name}"], services[name], services["gateway"]
        assert migration["entrypoint"] == ["python", "-m", "chassis.migrate", name]
        assert service["depends_on"] == {f"migrate-{name}": {"condition": "service_completed_successfully"}}
        assert service["build"]["args"] == {"SERVICE": name}
        assert gateway["environment"][f"{name.upper()}_UPSTREAM"] == f"{name}:8000"

    @pytest.mark.parametrize("name", SERVICES)
    def test_each_service_knows_its_own_database_and_no_other(self, name: str) -> None:
        environment = yaml.safe_load(COMPOSE)["services"][name]["environment"]
        assert environment["MAILLON_SERVICE"] == name
        url = environment["MAILLON_DATABASE_URL"]
        assert url.startswith(f"postgresql+asyncpg://{name}:${{{name.upper()}_DB_PASSWORD:?")
        assert url.endswith(f"@postgres:5432/{name}")
        assert sum("_DB_PASSWORD" in value for value in environment.values()) == 1

    def test_the_signing_key_reaches_identity_alone(self) -> None:
        services = yaml.safe_load(COMPOSE)["services"]
        holders = {name for name, one in services.items() if "MAILLON_SIGNING_KEY" in one.get("environment", {})}
        assert holders == {"identity", "migrate-identity"}

    def test_the_example_names_every_required_variable(self) -> None:
        example = (ROOT / "deploy" / "compose" / ".env.example").read_text()
        assert set(re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE)) == required_variables(COMPOSE)


class TestDockerfile:
    def test_passes_the_linter(self) -> None:
        checked = check_dockerfile(ROOT / "Dockerfile")
        assert checked.returncode == 0, checked.stdout + checked.stderr

    def test_a_misspelled_instruction_is_reported(self, tmp_path: Path) -> None:
        text = (ROOT / "Dockerfile").read_text()
        (tmp_path / "Dockerfile").write_text(text.replace("ENTRYPOINT", "ENTRIPOINT"))
        assert check_dockerfile(tmp_path / "Dockerfile").returncode != 0
