"""`python -m marquee` is the command `marquee`."""

import gc

gc.disable()  # nothing of what starting makes is garbage; a server turns it on again (`marquee.draining`)

from marquee.cli import main  # noqa: E402 - after the line above, which makes importing a sixth faster

if __name__ == "__main__":
    main()
