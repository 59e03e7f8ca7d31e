"""The outside world of payments: the card provider behind one port, Stripe, and a simulated bank."""
