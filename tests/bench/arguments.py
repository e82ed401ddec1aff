"""The command line of scripts/bench, which reads it by this file alone before it installs or builds anything."""

import argparse

FIGURES = ("bookings", "day", "search", "connect", "idle", "watch", "loading", "client", "verify")


def read():
    """The parser, and the options; `figures` are the names of what is to be measured."""
    parser = argparse.ArgumentParser(prog="scripts/bench",
                                     description="Measures coworkd against pgbench, memcached and psql.")
    parser.add_argument("--only", metavar="FIGURE,...", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--seconds", type=float, default=2.5, help="how long each measurement lasts (2.5)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is measured (3)")
    parser.add_argument("--spaces", type=int, default=1000, help="of the site, a multiple of 10 (1000)")
    parser.add_argument("--days", type=int, default=50, help="with four bookings a space and day (50)")
    parser.add_argument("--json", metavar="FILE", help="where all that was found is written")
    parser.add_argument("--build", metavar="DIR", help="measure this build instead of making one (build-bench)")
    parser.add_argument("--quick", action="store_true", help="a glance at each, to see that it works; a tiny site")
    parser.add_argument("--readme", metavar="FILE",
                        help="measure nothing: put the figures of a --json FILE into README.md")
    options = parser.parse_args()
    if options.quick:
        options.spaces, options.days = min(options.spaces, 100), min(options.days, 2)
    options.figures = options.only.split(",") if options.only else list(FIGURES)
    if unknown := set(options.figures) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    return parser, options


if __name__ == "__main__":
    read()
