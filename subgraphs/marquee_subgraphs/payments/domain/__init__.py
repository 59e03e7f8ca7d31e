"""The rules of payments: the state of a payment after its events, its next step, and what may be refunded.

Pure: time is an argument, and nothing here awaits, reads a store or knows Stripe.
"""
