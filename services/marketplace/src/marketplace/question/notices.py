"""What people are told about questions."""

from contracts.notification import NotificationRequested
from marketplace.question.domain import Question
from marketplace.rfp.domain import Rfp


def asked(question: Question, rfp: Rfp) -> NotificationRequested:
    """Tell the buyer who wrote the request, and its operational manager, that somebody asks."""
    return NotificationRequested(
        subject_id=question.id,
        template="question_asked",
        members=sorted({rfp.operational_manager_id, rfp.author_id}),
        context={"rfp_reference": rfp.reference or "", "title": rfp.title, "provider_name": question.provider_name},
    )


def answered(question: Question, rfp: Rfp) -> NotificationRequested:
    """Tell who asked that the answer is there."""
    return NotificationRequested(
        subject_id=question.id,
        template="question_answered",
        members=[question.asker_id],
        context={"rfp_reference": rfp.reference or "", "title": rfp.title},
    )
