"""The page of status tables: the same as the code, and no status moves past its table."""

import importlib.util
import sys
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import pytest

from chassis.transitions import moves
from contracts.topology import SERVICES

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "services").glob("*/src/**/*.py"))


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("status_tables_tool", ROOT / "tools" / "status_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _load()


class Lamp(StrEnum):
    """Whether it burns."""

    OFF = "off"
    ON = "on"


class Hand(StrEnum):
    """Whose."""

    MINE = "mine"
    YOURS = "yours"


LAMP = {Lamp.ON: moves({Lamp.OFF}, {Hand.MINE, Hand.YOURS}), Lamp.OFF: moves({Lamp.ON}, {Hand.MINE})}


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_of_the_code_is_on_the_page_with_every_move(service):
    page = (ROOT / tool.PAGE).read_text(encoding="utf-8")
    tables = list(tool.tables_of(service))
    assert tables
    for table in tables:
        assert tool.section(table) in page, f"run make docs: {table.module}.{table.name}"


def test_a_diagram_shows_who_moves_and_how_things_begin():
    lamp = tool.Table("x", "x.lamp", "LAMP", Lamp, LAMP)
    assert list(tool.diagram(lamp)) == ["    on --> off: mine", "    off --> on: mine, yours"]
    begun = tool.Table("x", "x.lamp", "LAMP", Lamp, {Lamp.ON: LAMP[Lamp.ON]})
    assert list(tool.diagram(begun)) == ["    [*] --> off", "    off --> on: mine, yours"]


def test_a_table_that_the_page_lacks_and_a_move_that_it_lacks_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tool, "SERVICES", ())
    (tmp_path / "docs").mkdir()
    assert tool.main([], root=tmp_path) == 0
    assert tool.main(["--check"], root=tmp_path) == 0
    monkeypatch.setattr(tool, "SERVICES", ("x",))
    monkeypatch.setattr(tool, "tables_of", lambda _: [tool.Table("x", "x.lamp", "LAMP", Lamp, LAMP)])
    assert tool.main(["--check"], root=tmp_path) == 1
    assert "run make docs" in capsys.readouterr().err
    assert tool.main([], root=tmp_path) == 0
    fewer = {Lamp.ON: LAMP[Lamp.ON]}
    monkeypatch.setattr(tool, "tables_of", lambda _: [tool.Table("x", "x.lamp", "LAMP", Lamp, fewer)])
    assert tool.main(["--check"], root=tmp_path) == 1


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "services")))
def test_a_status_is_set_only_where_the_table_is_asked(source):
    assert tool.set_elsewhere(source.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("self.status = S.ON", True),
        ("self.status, self.by = S.ON, by", True),
        ("member.standing = S.ON", True),
        ("self.status = check_move(T, self.status, S.ON, by)", False),
        ("status = S.ON", False),
    ],
)
def test_a_status_set_past_the_table_is_found(line, found):
    assert bool(tool.set_elsewhere(f"def act(self, by):\n    {line}\n")) is found
