"""What tickets tells and hears: `published` and `consumed`."""
