"""`python -m marquee` is the command `marquee`."""

import gc

gc.disable()  # importing makes no garbage; `DrainingServer` enables it again

from marquee.cli import main  # noqa: E402 - with the collector off, importing is a sixth faster

if __name__ == "__main__":
    main()
