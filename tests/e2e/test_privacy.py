"""What people typed stays out of every log line, and out of every span."""

import json

from stack.demo.deal import IBAN


def told(deal) -> list[str]:
    """What only the people of the deal and the platform's databases may hold."""
    everybody = (deal.camille, deal.helene, deal.marc, deal.staff)
    words = [IBAN, " ".join(IBAN[i : i + 4] for i in range(0, len(IBAN), 4)), deal.freelance.siret]
    for person in everybody:
        local = person.email.partition("@")[0]
        words += [person.email, local, person.last_name, person.password, person.access_token, person.refresh_token]
    return words


def test_no_log_line_holds_what_people_typed(stage, deal):
    logs = sorted(stage.platform.state.directory.rglob("*.log*"))
    assert {"identity.log", "billing.log", "gateway.log", "postgres.log", "rabbitmq.log"} <= {log.name for log in logs}
    found = [
        f"{log.name}: {line[:200]}"
        for log in logs
        for line in log.read_text(errors="replace").splitlines()
        for word in told(deal)
        if word.lower() in line.lower()
    ]
    assert found == []


def test_no_span_holds_it_either(stage, deal):
    spans = [span for trace_id in deal.stage.door.traces for span in stage.traces.spans(trace_id)]
    assert len(spans) > 100
    recorded = json.dumps(spans, ensure_ascii=False).lower()
    assert [word for word in told(deal) if word.lower() in recorded] == []
