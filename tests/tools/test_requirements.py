import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("requirements_tool", ROOT / "tools" / "requirements.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _load()

CATALOGUE = """
| ID | What must hold | Owner | T | In the source (French) |
|---|---|---|---|---|
| AA-01 | First. | one | | « un » |
| AA-02 | Second. | one | | « deux » |
| AA-03 | Only text. | one | T | « trois » |
| BB-01 | Other. | two | | « quatre » |
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "docs" / "requirements.md").write_text(CATALOGUE)
    return tmp_path


def write_test(tree: Path, source: str) -> None:
    (tree / "tests" / "test_sample.py").write_text(f"import pytest\n{source}\n")


def report(tree: Path) -> dict[str, dict[str, object]]:
    loaded: dict[str, dict[str, object]] = json.loads((tree / ".maillon" / "requirements.json").read_text())
    return loaded


class TestCatalogue:
    def test_rows_marked_t_are_not_due(self) -> None:
        rows = tool.read_catalogue(CATALOGUE)
        assert rows == {"AA-01": True, "AA-02": True, "AA-03": False, "BB-01": True}

    def test_a_row_twice_is_refused(self) -> None:
        with pytest.raises(tool.CatalogueError, match="AA-01 stands twice"):
            tool.read_catalogue(CATALOGUE + "| AA-01 | Again. | one | | x |\n")

    def test_a_broken_row_is_refused_rather_than_skipped(self) -> None:
        with pytest.raises(tool.CatalogueError, match="not readable"):
            tool.read_catalogue("| AA-01 | No owner |\n")

    def test_the_projects_own_catalogue_reads(self) -> None:
        rows = tool.read_catalogue((ROOT / "docs" / "requirements.md").read_text())
        assert len(rows) == 265
        assert sorted({row[:2] for row in rows}) == ["BL", "CO", "CT", "ID", "MK", "NW", "PL", "TS"]
        assert [row for row, due in rows.items() if not due] == [
            "ID-50", "ID-55", "MK-27", "MK-30", "BL-29", "NW-19", "PL-09", "PL-19", "PL-20",
        ]  # fmt: skip


class TestMarks:
    @pytest.mark.parametrize(
        "source",
        [
            '@pytest.mark.req("AA-01")\ndef test_one(): ...',
            '@pytest.mark.req("AA-01")\nasync def test_one(): ...',
            '@pytest.mark.req("AA-01")\nclass TestOne:\n    def test_it(self): ...',
            'class TestOne:\n    @pytest.mark.req("AA-01")\n    def test_it(self): ...',
            'pytestmark = pytest.mark.req("AA-01")',
            'pytestmark = [pytest.mark.slow, pytest.mark.req("AA-01")]',
            'case = pytest.param(1, marks=pytest.mark.req("AA-01"))',
            'from pytest import mark\n@mark.req("AA-01")\ndef test_one(): ...',
        ],
    )
    def test_found_wherever_pytest_reads_them(self, tree: Path, source: str) -> None:
        write_test(tree, source)
        assert tool.main(tree) == 0
        assert report(tree)["AA"] == {"due": 2, "proved": 1, "missing": ["AA-02"]}

    def test_a_comment_or_a_string_proves_nothing(self, tree: Path) -> None:
        write_test(tree, '# @pytest.mark.req("AA-01")\nTEXT = \'@pytest.mark.req("AA-01")\'')
        assert tool.main(tree) == 0
        assert report(tree)["AA"]["proved"] == 0

    def test_several_rows_and_text_rows_in_one_mark(self, tree: Path) -> None:
        write_test(tree, '@pytest.mark.req("AA-02", "BB-01", "AA-03")\ndef test_one(): ...')
        assert tool.main(tree) == 0
        assert report(tree) == {
            "AA": {"due": 2, "proved": 1, "missing": ["AA-01"]},
            "BB": {"due": 1, "proved": 1, "missing": []},
        }

    def test_an_unknown_row_is_named_and_fails(self, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_test(tree, '@pytest.mark.req("AA-99")\ndef test_one(): ...')
        assert tool.main(tree) == 1
        assert "tests/test_sample.py:2: unknown requirement AA-99" in capsys.readouterr().err

    def test_a_name_that_cannot_be_read_is_unknown(self, tree: Path) -> None:
        write_test(tree, "ROW = 'AA-01'\n@pytest.mark.req(ROW)\ndef test_one(): ...")
        assert tool.main(tree) == 1


def test_the_report_lists_what_is_missing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_test(tree, '@pytest.mark.req("BB-01")\ndef test_one(): ...')
    tool.main(tree)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["AA    0 / 2   proved", "    missing: AA-01 AA-02"]
    assert printed[-1] == "all 1 / 3 proved"
