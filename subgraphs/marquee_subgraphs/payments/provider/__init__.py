"""The card provider: the seam, the adapter that speaks Stripe, and a simulated bank that answers like it."""
