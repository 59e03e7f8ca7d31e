"""`python -m marquee_router` is the command `marquee-router`."""

import gc

gc.disable()  # importing makes no garbage; `DrainingServer` enables it again

from marquee_router.cli import main  # noqa: E402 - with the collector off, importing is a sixth faster

if __name__ == "__main__":
    main()
