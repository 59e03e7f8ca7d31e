"""Loyalty: memberships, their ledger of points, rewards and the vouchers they become."""
