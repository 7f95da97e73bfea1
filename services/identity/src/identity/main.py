"""The identity service."""

from datetime import timedelta

from chassis.platform import Service
from chassis.sweeps import Sweep
from identity.declaration import personal as declaration_data
from identity.declaration import routes as declarations
from identity.directory import consumers as directory
from identity.keys import routes as keys
from identity.link import routes as links
from identity.member import routes as members
from identity.notification import consumers as notifications
from identity.notification import personal as notification_data
from identity.notification import routes as inbox
from identity.notification.outgoing import send_mail
from identity.own import build
from identity.preference import personal as preference_data
from identity.preference import routes as preferences
from identity.session import routes as sessions
from identity.session.attempts import forget_old_attempts
from identity.session.sweeps import forget_old_sessions
from identity.terms import routes as terms

service = Service(
    name="identity",
    summary="Who a member is: sign-up, sessions, access tokens, and every message to people.",
    routers=[
        members.router,
        links.router,
        sessions.router,
        inbox.router,
        keys.router,
        terms.router,
        declarations.router,
        preferences.router,
    ],
    consumers=[directory.consumers, notifications.consumers],
    sweeps=[
        Sweep("forget_login_attempts", timedelta(hours=1), forget_old_attempts),
        Sweep("forget_sessions", timedelta(days=1), forget_old_sessions),
    ],
    personal_data=[*declaration_data.DATA, *notification_data.DATA, *preference_data.DATA],
    background=[send_mail],
    state=build,
)
