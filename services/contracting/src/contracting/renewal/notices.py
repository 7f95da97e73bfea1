"""Who is told what of a renewal."""

from chassis import Tx, emit
from contracting.mission.consumers import people_of
from contracting.mission.domain import Mission
from contracting.mission.gates import Side
from contracting.renewal.domain import OPEN, Renewal, RenewalKind
from contracts.contracting import RenewalChanged
from contracts.notification import NotificationRequested


def tell(mission: Mission, renewal: Renewal, *sides: Side) -> NotificationRequested:
    """These sides hear where the renewal stands, and its terms."""
    people = people_of(mission)
    return NotificationRequested(
        subject_id=renewal.id,
        template="renewal_changed",
        roles=[people[side] for side in sides],
        context={
            "title": mission.title,
            "kind": renewal.kind,
            "status": renewal.status,
            "consultant_name": renewal.consultant_name,
            "daily_rate": f"{renewal.rate:.2f}",
            "start": renewal.starts_on.isoformat(),
            "end": renewal.ends_on.isoformat(),
            "reason": renewal.reason or "",
        },
    )


def announce(tx: Tx, renewal: Renewal) -> None:
    """Tell who plans its months where it stands; another consultant for the rest of an order opens no month."""
    if renewal.kind is RenewalKind.RENEWAL:
        pending = renewal.status in OPEN
        named = {"renewal_id": renewal.id, "mission_id": renewal.mission_id, "version": renewal.version}
        emit(tx, RenewalChanged(**named, period=renewal.period, pending=pending))
