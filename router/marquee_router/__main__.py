"""`python -m marquee_router` is the command `marquee-router`."""

from marquee_router.cli import main

if __name__ == "__main__":
    main()
