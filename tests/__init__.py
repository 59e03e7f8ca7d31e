"""The tests of Marquee; paths mirror the source."""
