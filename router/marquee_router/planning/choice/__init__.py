"""Third stage: one candidate path for each field, so that the whole plan costs least."""
