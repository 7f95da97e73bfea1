"""Anybody reads the terms and their date from the home page on, without an account."""

import re

import pytest


def read(stage, path):
    answer = stage.door.send("GET", path)
    assert answer.status_code == 200, path
    return answer


@pytest.mark.req("PL-02")
def test_the_home_page_leads_to_the_terms_in_force_and_their_date(stage):
    home = read(stage, "/")
    assert "script-src 'self';" in home.headers["content-security-policy"]
    (script,) = re.findall(r'<script src="([^"]+)"', home.text)
    source = read(stage, script).text
    (asked,) = re.findall(r'fetch\("([^"]+)"\)', source)
    current = read(stage, asked).json()
    assert {line["document"] for line in current} == {"terms", "privacy"}
    assert "effective_on" in source
    assert "/terms?document=" in source
    for line in current:
        text = read(stage, f"{asked}/{line['document']}").json()
        year, month, day = line["effective_on"].split("-")
        assert text["text_fr"].splitlines()[0].endswith(f"mise à jour du {day}/{month}/{year}")


@pytest.mark.req("PL-02")
def test_the_page_of_a_text_needs_no_account_either(stage):
    page = read(stage, "/terms?document=privacy")
    (script,) = re.findall(r'<script src="([^"]+)"', page.text)
    assert "/api/identity/terms/" in read(stage, script).text
