"""The story of the deal, chapter by chapter; each says in a few words what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from stack.demo import closing, companies, mission, month, people, rfp
from stack.demo.client import Refused
from stack.demo.companies import Company
from stack.demo.deal import DAILY_RATE, PAYMENT_OPTION, Deal, admit, check, settle
from stack.demo.papers import purchase_order
from stack.demo.settling import bpf, invoice, payment_mail, wrong_invoice
from stack.demo.workdays import ORDERED, PARIS, today

ASKED_RATE, OFFERED_RATE = Decimal("520.00"), Decimal("480.00")
WAVE = 5
"""Days that preferred providers have before the market sees the request."""
ORDER, NEXT_ORDER = "CMD-2026-0457", "CMD-2026-0512"


@dataclass(frozen=True)
class Chapter:
    """A title, and what happens: played once, in order."""

    key: str
    title: str
    play: Callable[[Deal], str]


def staff(deal: Deal) -> str:
    """An operator makes a staff account on the command line."""
    deal.staff = deal.stage.staff()
    return f"{deal.staff.name} may review companies and issue orders"


def freelancer(deal: Deal) -> str:
    """Camille signs up, activates her account from the e-mail, founds her company, signs the framework contract."""
    deal.camille, deal.freelance = deal.stage.freelancer("Camille", "Morvan-Lescure", "732829320")
    return f"{deal.freelance.name}, SIRET {deal.freelance.siret}: documents handed in, framework contract signed"


def client(deal: Deal) -> str:
    """Hélène does the same for the client."""
    stage = deal.stage
    deal.helene = people.somebody(stage.door, "Hélène", "Vasseur-Quénard")
    people.sign_up(deal.helene, stage.postbox, "client")
    deal.client = Company("Rhône Énergies", "954506077", "2 avenue Foch", "69006", "Lyon", capacity="corporate_officer")
    settle(deal.helene, deal.client)
    return f"{deal.client.name}, SIRET {deal.client.siret}: documents handed in, principal contract signed"


def colleague(deal: Deal) -> str:
    """Marc joins the client, once Hélène has accepted him."""
    deal.marc = people.somebody(deal.stage.door, "Marc", "Delattre-Osorio")
    people.sign_up(deal.marc, deal.stage.postbox, "client")
    companies.join(deal.marc, deal.helene, deal.client, "responsable_projet")
    return f"{deal.marc.name} is project manager of {deal.client.name}"


def verification(deal: Deal) -> str:
    """Staff reviews every document and validates both companies; their people are told by e-mail."""
    for person, company in ((deal.camille, deal.freelance), (deal.helene, deal.client)):
        admit(deal.staff, person, company)
        deal.stage.postbox.wait_for(person.email, company.name)
        check(not companies.missing_documents(person, company), f"documents of {company.name} are still missing")
    return "both companies validated, both told by e-mail"


def publication(deal: Deal) -> str:
    """Hélène publishes a request that Marc will follow, to her preferred providers first."""
    companies.prefer(deal.helene, deal.client, deal.freelance)
    start, end = deal.plan.start, deal.plan.end
    deal.rfp = rfp.publish(deal.helene, deal.marc, start, end, ORDERED, market_after_days=WAVE)
    check(deal.rfp["market_opens_on"] == f"{today() + timedelta(days=WAVE)}", "the market does not open on its day")
    return f"{deal.rfp['reference']}: {deal.rfp['title']}, the market sees it from {deal.rfp['market_opens_on']}"


def proposal(deal: Deal) -> str:
    """Camille finds it by its number, asks what it leaves open, reads the answer and proposes herself."""
    found = rfp.find(deal.camille, deal.rfp["reference"])
    question = rfp.ask(deal.camille, found["id"], "Les déplacements chez les fournisseurs sont-ils fréquents ?")
    rfp.answer(deal.helene, question["id"], "Deux fois par an, à Lyon.")
    [asked] = deal.camille.all(f"{rfp.MARKETPLACE}/rfps/{found['id']}/questions")
    check(asked["mine"] and asked["answer"] is not None, "the client's answer is not shown to whoever asked")
    deal.proposal = rfp.propose(deal.camille, found, ASKED_RATE)
    deal.stage.postbox.wait_for(deal.helene.email, deal.rfp["reference"], deal.camille.name)
    return f"{ASKED_RATE} EUR a day; {deal.client.name} is told by e-mail"


def meeting(deal: Deal) -> str:
    """Hélène reads the proposal, finds it interesting, and meets Camille, whose calendar is told by e-mail."""
    read = rfp.read(deal.helene, deal.proposal["id"])
    check(read["status"] == "ongoing", f"the proposal that was read is {read['status']}")
    rfp.qualify(deal.helene, deal.proposal["id"])
    start = datetime.combine(today() + timedelta(days=3), time(10), PARIS)
    met = rfp.meet(deal.helene, deal.camille, deal.proposal["id"], start.isoformat())
    calendar = deal.camille.download(f"{rfp.MARKETPLACE}/meetings/{met['id']}/calendar").decode()
    check("BEGIN:VEVENT" in calendar, "the meeting is in no calendar")
    return f"the meeting is {met['status']}: {start:%d/%m/%Y %H:%M}"


def negotiation(deal: Deal) -> str:
    """Hélène offers less than Camille asks; they agree in between."""
    rfp.negotiate(deal.helene, deal.camille, deal.proposal["id"], OFFERED_RATE, DAILY_RATE)
    agreed = Decimal(rfp.read(deal.helene, deal.proposal["id"])["daily_rate"]["amount"])
    check(agreed == DAILY_RATE, f"the proposal asks {agreed}, not what was agreed")
    return f"{ASKED_RATE} EUR asked, {OFFERED_RATE} offered, {agreed} agreed"


def choice(deal: Deal) -> str:
    """Hélène retains it; the platform agrees."""
    rfp.retain(deal.helene, deal.proposal["id"])
    rfp.decide(deal.staff, deal.proposal["id"])
    deal.note("retention")
    deal.proposal = rfp.read(deal.helene, deal.proposal["id"])
    return f"the proposal is {deal.proposal['status']}"


def blockers(deal: Deal) -> str:
    """The mission opens in legal verification and says what blocks it; the order is refused, for the same reasons."""
    deal.mission = mission.opened(deal.camille, deal.proposal["id"])
    deal.mission = mission.read(deal.camille, deal.mission_id)
    blocking = {gate["gate"] for gate in mission.open_gates(deal.mission)}
    check(bool(blocking), "nothing blocks a mission without the client's order")
    try:
        mission.issue_bdc(deal.staff, deal.mission_id)
    except Refused as refusal:
        named = {error["field"] for error in refusal.errors}
        check(refusal.code == "gates_open" and named == blocking, f"the refusal names {named}, not {blocking}")
        return "; ".join(error["detail"] for error in refusal.errors)
    raise AssertionError("the order was issued with open gates")


def preparation(deal: Deal) -> str:
    """Camille chooses when to be paid; the client hands in its order as a PDF."""
    mission.choose_payment(deal.camille, deal.mission_id, PAYMENT_OPTION)
    pdf = purchase_order(ORDER, deal.client.name, deal.rfp["title"], today())
    mission.hand_in_order(deal.marc, deal.mission_id, ORDER, pdf)
    return f"{PAYMENT_OPTION} payment, client order {ORDER}"


def order(deal: Deal) -> str:
    """Staff issues the platform's order (BDC): all five gates hold."""
    mission.ready(deal.staff, deal.mission_id)
    deal.bdc = mission.issue_bdc(deal.staff, deal.mission_id)
    deal.note("order")
    deal.stage.postbox.wait_for(deal.camille.email, deal.bdc["reference"])
    return f"{deal.bdc['reference']}, announced by e-mail"


def work(deal: Deal) -> str:
    """Camille enters the days of the month and submits her CRA."""
    month.months(deal.camille, deal.mission_id)
    deal.cra = month.fill(deal.camille, deal.mission_id, deal.plan.month, deal.plan.worked)
    deal.cra = month.submit(deal.camille, deal.cra["id"])
    return f"{deal.plan.days} days in {deal.plan.month}"


def validation(deal: Deal) -> str:
    """Marc, the operational manager, validates."""
    deal.stage.postbox.wait_for(deal.marc.email, "CRA à valider", deal.rfp["title"])
    deal.cra = month.validate(deal.marc, deal.cra["id"])
    deal.note("validation")
    deal.stage.postbox.wait_for(deal.camille.email, "CRA validé", deal.rfp["title"])
    return f"the CRA is {deal.cra['status']}, Camille is told by e-mail"


def renewal(deal: Deal) -> str:
    """Both sides agree to go on; the next order has the same number and a line of its own."""
    ends_on = deal.plan.end + timedelta(days=60)
    agreed = mission.renew(deal.marc, deal.camille, deal.mission_id, ends_on.isoformat(), "40.0")
    pdf = purchase_order(NEXT_ORDER, deal.client.name, deal.rfp["title"], today())
    mission.hand_in_order(deal.marc, deal.mission_id, NEXT_ORDER, pdf)
    mission.ready(deal.staff, deal.mission_id)
    renewed = mission.issue_bdc(deal.staff, deal.mission_id)
    first = deal.bdc["reference"]
    check(renewed["reference"] == f"{first[:-1]}2", f"{renewed['reference']} does not follow {first}")
    check(renewed["period"] == agreed["period"], "the order is not what was agreed")
    deal.stage.postbox.wait_for(deal.camille.email, renewed["reference"])
    return f"{renewed['reference']}, from {renewed['period']['start']} to {renewed['period']['end']}"


CHAPTERS = (
    Chapter("staff", "An operator creates a staff account", staff),
    Chapter("freelancer", "Camille, freelance developer, signs up", freelancer),
    Chapter("client", "Hélène, head of purchasing, signs up", client),
    Chapter("colleague", "Marc joins Hélène's company", colleague),
    Chapter("verification", "Staff verifies both companies", verification),
    Chapter("publication", "Hélène publishes a request for proposals", publication),
    Chapter("proposal", "Camille proposes herself", proposal),
    Chapter("meeting", "Hélène and Camille meet", meeting),
    Chapter("negotiation", "They agree on a rate", negotiation),
    Chapter("choice", "Hélène retains the proposal", choice),
    Chapter("blockers", "The mission waits for its five gates", blockers),
    Chapter("preparation", "Payment option and client order", preparation),
    Chapter("order", "The platform issues its order (BDC)", order),
    Chapter("work", "Camille fills in the month (CRA)", work),
    Chapter("validation", "Marc validates the month", validation),
    Chapter("bpf", "The pre-invoice (BPF) appears", bpf),
    Chapter("wrong_invoice", "A wrong invoice is refused", wrong_invoice),
    Chapter("invoice", "The right invoice is imported", invoice),
    Chapter("payment", "The date of payment is told", payment_mail),
    Chapter("renewal", "Marc and Camille renew the mission", renewal),
    Chapter("month_end", "Nadia, of finance, ends the month", closing.month_end),
    Chapter("payment_run", "Two people pay Camille (SEPA file)", closing.payment_run),
    Chapter("statement", "The bank's statement is matched", closing.statement),
    Chapter("credit_note", "An invoice is taken back by a credit note", closing.credit_note),
    Chapter("ledger", "The ledger is in balance", closing.ledger),
)


def play(deal: Deal, *, after: str = "", through: str = CHAPTERS[-1].key) -> Iterator[tuple[Chapter, str]]:
    """Play the chapters after one and through another; give each with what came of it."""
    keys = [chapter.key for chapter in CHAPTERS]
    first = keys.index(after) + 1 if after else 0
    for chapter in CHAPTERS[first : keys.index(through) + 1]:
        yield chapter, chapter.play(deal)
