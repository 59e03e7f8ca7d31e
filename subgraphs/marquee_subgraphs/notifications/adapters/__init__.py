"""The outside world of notifications: SMTP for mail and an SMS provider, behind one port."""
