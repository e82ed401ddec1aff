"""Rounds: on a machine that does other things too, one measurement says little. Sides take turns, in one order and then
in the other, and of each the median counts; the least and the most are kept.
"""

import statistics


def take_turns(bench, sides):
    """`sides`: name to a function that measures once. Name to the summary of all rounds."""
    found = {name: [] for name in sides}
    for number in range(bench.rounds):
        for name in (list(sides) if number % 2 == 0 else reversed(sides)):
            bench.say(f"{bench.figure}: {name}, round {number + 1} of {bench.rounds}")
            found[name].append(sides[name]())
    return {name: summary(results) for name, results in found.items()}


def summary(results):
    """Medians of what is a number in all of them; of the first also the range."""
    made = {"rounds": len(results)}
    for name, value in results[0].items():
        if isinstance(value, (int, float)):
            values = [result[name] for result in results]
            made[name] = statistics.median(values)
            made.setdefault("range", {})[name] = [min(values), max(values)]
    if "cores" in results[0]:
        made["cores"] = {side: round(statistics.median(result["cores"][side] for result in results), 2)
                         for side in results[0]["cores"]}
    return made
