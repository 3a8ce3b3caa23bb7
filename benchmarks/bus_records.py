"""Count Rust's odometer readings anew: where irl_course/environments/buses.json comes from.

    python benchmarks/bus_records.py FOLDER           compare with the table in the package
    python benchmarks/bus_records.py FOLDER --write   write it

FOLDER holds g870.asc, rt50.asc, t8h203.asc and a530875.asc, as in
github.com/OpenSourceEconomics/zurcher-data, data/original_data (MIT licence).
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

TABLE = Path(__file__).parents[1] / "irl_course" / "environments" / "buses.json"
MILES, N_BINS = 5_000, 90
# Group: file, numbers a bus. The first eleven are about the bus, the others monthly readings.
FILES = {"1-3": [("g870", 36), ("rt50", 60), ("t8h203", 81)], "4": [("a530875", 128)]}
HEADER, FIRST_REPLACED_AT, SECOND_REPLACED_AT = 11, 5, 8
ABOUT = {
    "what": "Monthly decisions about bus engines, Madison Metropolitan Bus Company, 1974 to 1985: "
    "months an engine in each bin of 5,000 miles was kept or replaced, and months it moved on by "
    "0, 1 or 2 bins.",
    "source": "Odometer readings of J. Rust (1987), Optimal replacement of GMC bus engines, "
    "Econometrica 55(5), 999-1033, as in github.com/OpenSourceEconomics/zurcher-data",
    "licence": "MIT, Copyright (c) 2019 OpenSourceEconomics",
    "counted": "As Rust did, found by matching his tables: bins by rounding miles up; an engine is "
    "replaced in a month if it is another one at the next reading, kept in the last month; a bus's "
    "first month is left out; the month after a replacement moves on from below the first bin, "
    "one bin more than the odometer.",
}


def main():
    """Compare or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the .asc files are")
    parser.add_argument("--write", action="store_true", help="write the table")
    args = parser.parse_args()
    groups = {name: count(args.folder, known) for name, known in FILES.items()}
    if args.write:
        TABLE.write_text(json.dumps(ABOUT | {"groups": groups}, indent=1) + "\n", "utf-8")
        return print(f"wrote {TABLE.name}")
    same = json.loads(TABLE.read_text("utf-8"))["groups"] == groups
    print("the table is what the readings say" if same else "the table differs: --write renews it")
    return 0 if same else 1


def count(folder, known):
    """The counts of some files together."""
    months = [
        np.concatenate(columns)
        for columns in zip(
            *(bus for name, n_numbers in known for bus in read(folder, name, n_numbers)),
            strict=True,
        )
    ]
    bins, replaced, moved = months
    return {
        "keep": np.bincount(bins[~replaced], minlength=N_BINS).tolist(),
        "replace": np.bincount(bins[replaced], minlength=N_BINS).tolist(),
        "increments": np.bincount(moved).tolist(),
    }


def read(folder, name, n_numbers):
    """Of each bus: the bin, whether the engine was replaced, and the bins moved, by month."""
    for bus in np.loadtxt(folder / f"{name}.asc").reshape(-1, n_numbers):
        odometer, engine, since = bus[HEADER:], 0, 0.0
        for at in (bus[FIRST_REPLACED_AT], bus[SECOND_REPLACED_AT]):
            newer = (odometer >= at) & (at > 0)
            engine, since = engine + newer, np.where(newer, at, since)
        bins = np.maximum(np.ceil((odometer - since) / MILES).astype(int) - 1, 0)
        replaced = np.append(np.diff(engine) == 1, False)
        moved = np.diff(bins) + np.where(replaced[:-1], bins[:-1] + 1, 0)
        yield bins[1:], replaced[1:], moved


if __name__ == "__main__":
    sys.exit(main())
