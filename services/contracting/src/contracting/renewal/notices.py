"""Who is told what of a renewal."""

from contracting.mission.consumers import people_of
from contracting.mission.domain import Mission
from contracting.mission.gates import Side
from contracting.renewal.domain import Renewal
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
