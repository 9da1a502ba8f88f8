"""Measures records: named reports, sharing a handle, taking back an import, and verification.

    bench/records.py KITH [--store URL] [--seconds 8] [--rounds 3] [--joins 100000] [--verify 1000000]

KITH is a release build. Without --store, each measurement has a file of its own; with one, a company of its own in that
database. Needs wrk.
"""

import argparse
import base64
import http.client
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import threading
import time

SCRIPT = pathlib.Path(__file__).with_name("contacts.lua")
PORT = 18094
SHARED = "+16505550100"
companies = 0


def command(kith, store, *arguments):
    return subprocess.check_output([kith, *arguments, "--store", store], text=True)


def add_company(kith, store):
    """The name of a new company, and its Authorization header."""
    global companies
    companies += 1
    name = f"c{companies}-{int(time.time())}"
    password = json.loads(command(kith, store, "company", "add", name, "--json"))["password"]
    return name, "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class Server:
    def __init__(self, kith, store):
        serve = [kith, "serve", "--log", "warn", "--listen", f"127.0.0.1:{PORT}", "--store", store]
        self.process = subprocess.Popen(serve, stdout=subprocess.PIPE)
        self.process.stdout.readline()  # It listens once it says so.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def send(connection, authorization, method, path, body, media="application/json"):
    connection.request(method, path, body, {"Authorization": authorization, "Content-Type": media})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status < 300, (answer.status, text[:300])
    return text


def known_rates(kith, store, seconds):
    """Known contacts a second, without names of records and with them."""
    rates = {}
    with Server(kith, store):
        for mode in ["unnamed", "named"]:
            _, authorization = add_company(kith, store)
            for duration in [2, seconds]:  # The first run makes them known.
                load = ["wrk", "-t2", "-c64", f"-d{duration}s", "-s", str(SCRIPT), f"http://127.0.0.1:{PORT}", "--",
                        authorization, "1", "1000", mode]
                said = subprocess.check_output(load, text=True)
                assert "Non-2xx" not in said, said
            rates[mode] = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    return rates


def sharing(kith, store, records):
    """Seconds until the records that report one handle are apart, and how long other writes took meanwhile."""
    with Server(kith, store):
        _, authorization = add_company(kith, store)
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600)
        for start in range(0, records, 5000):
            lines = "".join(json.dumps({
                "record": {"system": "crm", "id": str(n)},
                "fields": [{"source": "phone", "handle": SHARED}]}) + "\n" for n in range(start, start + 5000))
            send(connection, authorization, "POST", "/api/1/contacts/bulk", lines, "application/x-ndjson")
        waits, done, writers = [], threading.Event(), []

        def write(number):
            mine = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600)
            body = json.dumps({"fields": [{"source": "email", "handle": f"w{number}@example.org"}]})
            begun = time.monotonic()
            send(mine, authorization, "POST", "/api/1/contacts", body)
            waits.append(time.monotonic() - begun)

        def write_often():  # Whether or not earlier ones have been answered.
            while not done.is_set():
                writers.append(threading.Thread(target=write, args=[len(writers)]))
                writers[-1].start()
                time.sleep(0.01)

        often = threading.Thread(target=write_often)
        begun = time.monotonic()
        often.start()
        send(connection, authorization, "PUT", f"/handles/phone:{SHARED}", '{"status": "shared"}')
        took = time.monotonic() - begun
        done.set()
        often.join()
        for writer in writers:
            writer.join()
        page = json.loads(send(connection, authorization, "GET", f"/handles/phone:{SHARED}", None))
        assert page["contacts"] == records, page
        return took, statistics.median(waits) * 1000, max(waits) * 1000, len(waits)


def taking_back(kith, store, folder, joins):
    """Seconds to take back an import in which every row joins a known contact."""
    name, _ = add_company(kith, store)
    known, joining = folder / "known.csv", folder / "joining.csv"
    known.write_text("E-mail\n" + "".join(f"person.{n}@example.org\n" for n in range(joins)))
    joining.write_text("E-mail,Phone\n" + "".join(f"person.{n}@example.org,+1{2000000000 + n}\n" for n in range(joins)))
    command(kith, store, "import", name, str(known), "--json")
    done = json.loads(command(kith, store, "import", name, str(joining), "--json"))
    begun = time.monotonic()
    undone = json.loads(command(kith, store, "undo", name, "--import", done["import"], "--json"))
    took = time.monotonic() - begun
    assert undone["split"] == joins, undone
    return took


def verifying(kith, store, folder, rows):
    """Seconds and peak memory of verification with so many contacts."""
    name, _ = add_company(kith, store)
    file = folder / "people.csv"
    with open(file, "w") as out:
        out.write("Name,E-mail,Phone\n")
        for n in range(rows):
            out.write(f"Person {n},person.{n * 7919 % 1000003}.{n}@example{n % 97}.org,+1{2000000000 + n}\n")
    command(kith, store, "import", name, str(file), "--json")
    begun = time.monotonic()
    timed = ["/usr/bin/time", "-f", "%M", kith, "verify", "--store", store]
    ran = subprocess.run(timed, capture_output=True, text=True, check=True)
    return time.monotonic() - begun, int(ran.stderr.split()[-1]) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kith")
    parser.add_argument("--store")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--joins", type=int, default=100_000)
    parser.add_argument("--verify", type=int, default=1_000_000)
    options = parser.parse_args()

    def fresh(folder):
        return options.store or str(folder / "kith.db")

    ratios = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rates = known_rates(options.kith, fresh(pathlib.Path(folder)), options.seconds)
        ratios.append(rates["named"] / rates["unnamed"])
        print(f"known/s: unnamed {rates['unnamed']:.0f}, named {rates['named']:.0f}, {ratios[-1]:.3f}", flush=True)
    print(f"median: named / unnamed {statistics.median(ratios):.3f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        took, median, longest, count = sharing(options.kith, fresh(pathlib.Path(folder)), options.records)
        print(f"sharing a handle of {options.records} records: {took:.2f} s; {count} other writes meanwhile, median "
              f"{median:.0f} ms, longest {longest:.0f} ms", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        took = taking_back(options.kith, fresh(folder), folder, options.joins)
        print(f"taking back {options.joins} joins: {took:.1f} s", flush=True)
    if options.verify:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            took, memory = verifying(options.kith, fresh(folder), folder, options.verify)
            print(f"verifying {options.verify} contacts: {took:.1f} s, {memory:.0f} MiB at most", flush=True)


if __name__ == "__main__":
    main()
