"""Compares two builds of Kith in one run: the import of a file, and writes at 64 connections before and after it.

    bench/compare.py BEFORE AFTER [--rows 1000000] [--rounds 3] [--seconds 10] [--with OPTIONS] [--writes-only]

BEFORE and AFTER are `kith` binaries. --with adds options to the server of AFTER, so that the same binary can be compared with
and without them: --with "--metrics 127.0.0.1:19090". --writes-only leaves out all imports. The two take turns, so a machine that is slower for a while is slower for both.
Prints each figure, and the median of the ratios AFTER / BEFORE: above 1 is faster. Needs wrk.
"""

import argparse
import base64
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

SCRIPT = pathlib.Path(__file__).with_name("contacts.lua")
PORT = 18090
CONNECTIONS = 64


def add_company(kith, store):
    """The Authorization header of a new company."""
    command = [kith, "company", "add", "main", "--json", "--store", store]
    password = json.loads(subprocess.check_output(command, text=True))["password"]
    return "Basic " + base64.b64encode(f"main:{password}".encode()).decode()


def writes(kith, store, authorization, seconds, start=1, options=()):
    """Writes a second of new contacts from the number `start` on, and of the same contacts again."""
    serve = [kith, "serve", "--log", "warn", "--listen", f"127.0.0.1:{PORT}", "--store", store, *options]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE)
    try:
        server.stdout.readline()  # It listens once it says so.
        rates = []
        for around in [0, 1000]:
            load = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT), f"http://127.0.0.1:{PORT}"]
            load += ["--", authorization, str(start), str(around)]
            said = subprocess.check_output(load, text=True)
            assert "Non-2xx" not in said, said
            rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1)))
        return rates
    finally:
        server.terminate()
        server.wait()


def make_file(path, rows):
    with open(path, "w") as file:
        file.write("Name,E-mail,Phone,Notes,Website\n")
        for n in range(rows):
            mixed = (n * 7919) % 1000003 * 1000 + n % 1000
            phone = 2000000000 + n
            file.write(f"Person {n},person.{mixed}@example{n % 97}.org,+1{phone},Customer since {1990 + n % 35},")
            file.write(f"https://crm.example.org/people/{n}\n")


def imports(kith, store, file):
    """Seconds of the first import of a file, and of the second."""
    took = []
    for _ in range(2):
        begun = time.monotonic()
        subprocess.run([kith, "import", "main", file, "--store", store], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        took.append(time.monotonic() - begun)
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--with", dest="more", default="")
    parser.add_argument("--writes-only", action="store_true")
    options = parser.parse_args()
    binaries = [options.before, options.after]
    ratios = {}
    with tempfile.TemporaryDirectory() as folder:
        file = str(pathlib.Path(folder) / "people.csv")
        make_file(file, options.rows)
        for number in range(options.rounds):
            seen = {}
            # Who goes first changes from round to round.
            for which in ([0, 1] if number % 2 == 0 else [1, 0]):
                kith, places = binaries[which], tempfile.TemporaryDirectory(dir=folder)
                more = options.more.split() if which == 1 else []
                with places as place:
                    empty, filled = f"{place}/empty.db", f"{place}/filled.db"
                    new, known = writes(kith, empty, add_company(kith, empty), options.seconds, options=more)
                    if options.writes_only:
                        seen[which] = {"new contacts/s": new, "known contacts/s": known}
                        continue
                    authorization = add_company(kith, filled)
                    first, again = imports(kith, filled, file)
                    later, known_later = writes(kith, filled, authorization, options.seconds, 5_000_001, more)
                    # About people of the file, who have two records then.
                    _, second_source = writes(kith, filled, authorization, options.seconds, options=more)
                seen[which] = {"new contacts/s": new, "known contacts/s": known,
                               "import rows/s": options.rows / first, "second import rows/s": options.rows / again,
                               "second import / first": first / again,
                               "new/s after the import": later, "known/s after the import": known_later,
                               "known/s of two sources": second_source}
            for figure in seen[0]:
                before, after = seen[0][figure], seen[1][figure]
                ratios.setdefault(figure, []).append(after / before)
                print(f"round {number + 1}  {figure:24} before {before:12.2f}  after {after:12.2f}  {after / before:.3f}")
    print()
    for figure, all_ratios in ratios.items():
        print(f"median    {figure:24} {statistics.median(all_ratios):.3f}")


if __name__ == "__main__":
    main()
