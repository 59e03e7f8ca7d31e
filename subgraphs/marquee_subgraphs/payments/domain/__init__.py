"""The rules of payments, pure: what a payment is after its events, what it needs next, what may be refunded.

Time is an argument and nothing here awaits, asks a database or knows Stripe.
"""
