"""`python -m marquee` is the command `marquee`."""

from marquee.cli import main

if __name__ == "__main__":
    main()
