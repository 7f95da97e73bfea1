"""The identity service."""

from datetime import timedelta

from chassis.chores import keep_doing
from chassis.platform import Service
from chassis.sweeps import Sweep
from identity.account import addresses
from identity.account import personal as account_data
from identity.account import routes as account
from identity.closing import deaths
from identity.closing import personal as closing_data
from identity.closing import routes as leaving
from identity.closing import staff as accounts
from identity.closing import sweeps as closing_sweeps
from identity.closing.proofs import drop_next as drop_next_proof
from identity.declaration import personal as declaration_data
from identity.declaration import routes as declarations
from identity.directory import consumers as directory
from identity.directory import personal as directory_data
from identity.disability import personal as disability_data
from identity.disability import routes as disability
from identity.factor import personal as factor_data
from identity.factor import routes as factors
from identity.incident import personal as incident_data
from identity.incident import routes as incidents
from identity.invitation import personal as invitation_data
from identity.invitation import routes as invitations
from identity.keys import routes as keys
from identity.link import passwords
from identity.link import personal as link_data
from identity.link import routes as links
from identity.member import personal as member_data
from identity.member import routes as members
from identity.notice import routes as notices
from identity.notification import consumers as notifications
from identity.notification import personal as notification_data
from identity.notification import routes as inbox
from identity.notification.outgoing import send_due
from identity.own import build
from identity.preference import personal as preference_data
from identity.preference import routes as preferences
from identity.privacy import consumers as privacy_events
from identity.privacy import personal as privacy_data
from identity.privacy import routes as privacy
from identity.privacy import staff as privacy_staff
from identity.privacy.exports import deliver_next as deliver_next_export
from identity.privacy.sweeps import watch_deadlines
from identity.profile import checks as profile_checks
from identity.profile import personal as profile_data
from identity.profile import routes as profiles
from identity.responsible import personal as responsible_data
from identity.responsible import routes as responsible_persons
from identity.review import personal as review_data
from identity.review import routes as address_reviews
from identity.sanction import acts as sanction_acts
from identity.sanction import personal as sanction_data
from identity.sanction import routes as sanctions
from identity.session import personal as session_data
from identity.session import routes as sessions
from identity.session.attempts import forget_old_attempts
from identity.session.sweeps import forget_old_sessions
from identity.social import linking as identities
from identity.social import personal as social_data
from identity.social import routes as providers
from identity.terms import personal as terms_data
from identity.terms import routes as terms

service = Service(
    name="identity",
    summary="Who a member is: sign-up, sessions, access tokens, and every message to people.",
    routers=[
        members.router,
        links.router,
        passwords.router,
        invitations.router,
        providers.router,
        identities.router,
        responsible_persons.router,
        address_reviews.router,
        sessions.router,
        account.router,
        addresses.router,
        factors.router,
        incidents.router,
        inbox.router,
        keys.router,
        terms.router,
        privacy.router,
        privacy_staff.router,
        declarations.router,
        preferences.router,
        profiles.router,
        profile_checks.router,
        disability.router,
        leaving.router,
        accounts.router,
        deaths.router,
        sanctions.router,
        notices.router,
    ],
    consumers=[directory.consumers, notifications.consumers, privacy_events.consumers],
    sweeps=[
        Sweep("forget_login_attempts", timedelta(hours=1), forget_old_attempts),
        Sweep("forget_sessions", timedelta(days=1), forget_old_sessions),
        Sweep("privacy_deadlines", timedelta(hours=1), watch_deadlines),
        *closing_sweeps.SWEEPS,
        *sanction_acts.SWEEPS,
    ],
    personal_data=[
        *session_data.DATA,
        *incident_data.DATA,
        *factor_data.DATA,
        *account_data.DATA,
        *terms_data.DATA,
        *privacy_data.DATA,
        *declaration_data.DATA,
        *notification_data.DATA,
        *preference_data.DATA,
        *profile_data.DATA,
        *disability_data.DATA,
        *sanction_data.DATA,
        *closing_data.DATA,
        *directory_data.DATA,
        *invitation_data.DATA,
        *social_data.DATA,
        *review_data.DATA,
        *responsible_data.DATA,
        *link_data.DATA,
        *member_data.DATA,
    ],
    background=[
        keep_doing(send_due, rest=0.5, failing="mail_not_taken"),
        keep_doing(deliver_next_export, rest=1.0, failing="export_not_made"),
        keep_doing(drop_next_proof, rest=60.0, failing="proof_not_dropped"),
    ],
    state=build,
)
