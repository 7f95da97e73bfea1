"""Who a member is: sign-up, sessions, access tokens, notifications."""
