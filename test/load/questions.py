"""Somebody asks the inspection for one repository after the other, in a process
of his own, and tells how long the answers took.

    questions.py ADDRESS    until its standard input ends
"""

import http.client
import json
import select
import subprocess
import sys
import time

# Asked for so often, at most: a page that many look at.
PER_SECOND = 100
PAGE = "/v1/repositories?limit=1000"


class Questions:
    """Such a process, from `with` on; afterwards `p50` and `p99` in ms."""

    def __init__(self, address):
        self.address, self.p50, self.p99, self.count = address, 0, 0, 0

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, self.address], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        # It has a connection and knows what to ask for.
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        said, _ = self.process.communicate("")
        took = json.loads(said)
        self.count = len(took)
        self.p50, self.p99 = (sorted(took)[int(len(took) * part)]
                              for part in (0.5, 0.99))


def get(wire, path):
    wire.request("GET", path)
    answer = wire.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return body


def main():
    wire = http.client.HTTPConnection(sys.argv[1], timeout=60)
    hashes = [one["hash"] for one in json.loads(get(wire, PAGE))["items"]]
    print("ready", flush=True)
    took, number = [], 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        began = time.perf_counter()
        get(wire, f"/v1/repositories/{hashes[number % len(hashes)]}")
        took.append((time.perf_counter() - began) * 1e3)
        number += 1
        time.sleep(max(0, 1 / PER_SECOND - took[-1] / 1e3))
    json.dump(took, sys.stdout)


if __name__ == "__main__":
    main()
