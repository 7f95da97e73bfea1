"""Elements by their local names, so that an unusual namespace is a matter for the schema alone."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]

MAX_TEXT = 1000


def all_of(node: etree._Element, path: str) -> list[etree._Element]:
    """The elements at a path of local names; `|` parts paths of which any may hold them."""
    found: list[etree._Element] = []
    for each in path.split("|"):
        found += node.findall("/".join(f"{{*}}{name}" for name in each.split("/")))
    return found


def text_of(node: etree._Element, path: str) -> str | None:
    """The text at a path of local names, if any."""
    return one([own(e) for e in all_of(node, path)])


def texts_of(node: etree._Element, path: str) -> list[str]:
    """Each text at a path where several are due."""
    return [said for e in all_of(node, path) if (said := own(e)[:MAX_TEXT])]


def own(element: etree._Element) -> str:
    """The element's own text."""
    return (element.text or "").strip()


def one(values: list[str] | list[str | None]) -> str | None:
    """One text; what is repeated although one is due is joined, so that it compares as different."""
    return " | ".join(value for value in values if value)[:MAX_TEXT] or None


def amount_of(node: etree._Element, path: str, currency: str | None) -> str | None:
    """The amount at a path, with its currency where that is not the invoice's."""
    return one([with_currency(e, currency) for e in all_of(node, path)])


def with_currency(element: etree._Element, currency: str | None) -> str:
    """An amount in another currency than the invoice's must not compare as equal."""
    other = element.get("currencyID")
    return own(element) if other in {None, currency} else f"{own(element)} {other}"


def row_of(
    node: etree._Element, texts: dict[str, str], amounts: dict[str, str], currency: str | None
) -> dict[str, str | None]:
    """Texts and amounts of one line or group, by name."""
    said = {name: text_of(node, path) for name, path in texts.items()}
    return said | {name: amount_of(node, path, currency) for name, path in amounts.items()}
