"""The register of personal data: complete, and the same as what the services declare."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from chassis.rows import tables_of
from contracts.topology import SERVICES

ROOT = Path(__file__).resolve().parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("personal_data_tool", ROOT / "tools" / "personal_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _load()


@pytest.mark.req("PL-09")
@pytest.mark.parametrize("service", SERVICES)
def test_every_table_that_points_to_a_person_is_declared_with_its_purpose(service):
    assert tool.undeclared(service) == []
    for kind in tool.classes_of(service):
        assert kind.purpose
        assert kind.kept
        assert kind.tables


@pytest.mark.parametrize("service", SERVICES)
def test_no_two_classes_of_a_service_share_a_name_since_an_export_lists_them_by_it(service):
    names = [kind.name for kind in tool.classes_of(service)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("table", tool.NOT_OF_PEOPLE)
def test_every_exception_is_a_table_that_would_otherwise_be_missed(table, monkeypatch):
    service = table.partition(".")[0]
    monkeypatch.setattr(tool, "NOT_OF_PEOPLE", {})
    assert any(gap.startswith(f"{table}: ") for gap in tool.undeclared(service))


def test_a_table_without_a_class_is_named_with_its_columns(monkeypatch):
    rest = [kind for kind in tool.classes_of("billing") if kind.name != "invoices"]
    monkeypatch.setattr(tool, "classes_of", lambda _: rest)
    assert tool.undeclared("billing") == ["billing.invoices: consultant_id, consultant_name, imported_by"]


@pytest.mark.parametrize("column", ["member_id", "signed_by", "consultant_name", "billing_email", "ip", "phone"])
def test_a_column_about_a_person_is_recognised(column):
    assert tool.names_person(column)


@pytest.mark.parametrize("column", ["id", "company_id", "title", "client_name", "month"])
def test_a_column_about_a_thing_is_not(column):
    assert not tool.names_person(column)


def test_every_service_has_tables_at_all():
    assert all(tool.classes_of(service) and tables_of(service).tables for service in SERVICES)


def test_the_page_is_what_the_services_declare():
    assert tool.main(["--check"]) == 0


def test_a_page_that_differs_is_refused(tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    assert tool.main(["--check"], root=tmp_path) == 1
    assert "run make docs" in capsys.readouterr().err
    tool.main([], root=tmp_path)
    assert (tmp_path / tool.REGISTER).read_text() == tool.register()
