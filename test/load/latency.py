"""How long the operator takes from an event to its decision.

Two ways to ask. `settle`: somebody annotates CronJobs at a given pace, which
asks for no write, and the operator's own histogram tells how long it took from
an event's arrival until its repository had decided. `measure`: somebody suspends
them and the operator resumes each; that begins before the change is sent to the
server and ends when the operator's write shows in a watch of our own, so that
both ways through the server and the write itself are in it.
"""

import collections
import gzip
import http.client
import json
import multiprocessing
import socket
import statistics
import time

from simulated import Failed, fetch, read_answer

PATH = "/apis/batch/v1/namespaces/{}/cronjobs/{}"
PATIENCE_SECONDS = 60

# Changes that are sent together, so that a client of one thread keeps the pace.
TOGETHER = 10
HISTOGRAM = "volsync_kopia_watch_event_seconds_bucket"

Settled = collections.namedtuple("Settled", "rate events p50 p99 most")
Found = collections.namedtuple("Found", "rate answered p50 p99 last")


def watch(host, port, version, names, results):
    """Notes when each CronJob is first seen resumed after it was suspended."""
    suspended, seen = set(), {}
    deadline = time.monotonic() + PATIENCE_SECONDS
    connection = http.client.HTTPConnection(host, port, timeout=5)
    connection.request("GET", "/apis/batch/v1/cronjobs?watch=1"
                       f"&resourceVersion={version}")
    answer = connection.getresponse()
    results.put("ready")
    try:
        while len(seen) < len(names) and time.monotonic() < deadline:
            line = answer.readline()
            now = time.monotonic()
            if not line:
                break
            made = json.loads(line)["object"]
            name = made["metadata"]["name"]
            if made["spec"].get("suspend"):
                suspended.add(name)
            elif name in suspended:
                seen.setdefault(name, now)
    except TimeoutError:
        pass  # nothing more comes; who is missing is counted
    results.put(seen)


def list_some(cluster, count):
    listed = cluster.call("GET", f"/apis/batch/v1/cronjobs?limit={count}")
    return listed, [one["metadata"] for one in listed["items"]]


def patch(one, body):
    path = PATH.format(one["namespace"], one["name"])
    return (f"PATCH {path}?fieldManager=somebody HTTP/1.1\r\n"
            f"Host: load\r\nContent-Type: application/merge-patch+json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


def expect_ok(answers, what):
    status, text = read_answer(answers)
    if status != 200:
        raise Failed(f"PATCH {what['name']}: {status} {text[:200]!r}")


def buckets(metrics):
    """Upper bound in ms -> how many events took no longer."""
    _, body, encoding = fetch(metrics, "/metrics", {"Accept-Encoding": "gzip"})
    text = gzip.decompress(body) if encoding else body
    return {1e3 * float(line.split(b'le="')[1].split(b'"')[0]):
            float(line.split()[-1])
            for line in text.splitlines()
            if line.startswith(HISTOGRAM.encode())}


def quantile(counts, part):
    """Within its bucket it is taken for evenly spread, as Prometheus does."""
    below, lower = 0, 0.0
    wanted = part * max(counts.values())
    for bound, upto in sorted(counts.items()):
        if upto >= wanted:
            if bound == float("inf"):
                return bound
            return lower + (bound - lower) * (wanted - below) / (upto - below)
        below, lower = upto, bound
    raise Failed("the histogram has no last bucket")


def settle(cluster, metrics, rate, count):
    _, chosen = list_some(cluster, count)
    before, began = buckets(metrics), time.monotonic()
    body = json.dumps({"metadata": {"annotations": {
        "example.com/touched": f"{time.time()}"}}}).encode()
    with socket.create_connection((cluster.host, cluster.port)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = wire.makefile("rb", buffering=1 << 20)
        for i in range(0, len(chosen), TOGETHER):
            while (left := began + i / rate - time.monotonic()) > 0:
                time.sleep(left)
            some = chosen[i:i + TOGETHER]
            wire.sendall(b"".join(patch(one, body) for one in some))
            for one in some:
                expect_ok(answers, one)
    took = time.monotonic() - began
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        after = buckets(metrics)
        counts = {bound: n - before.get(bound, 0)
                  for bound, n in after.items()}
        events = max(counts.values(), default=0)
        if events >= len(chosen):
            break
        if time.monotonic() > deadline:
            raise Failed(f"the operator settled {events:.0f} of {len(chosen)} "
                         f"events in {PATIENCE_SECONDS} s")
        time.sleep(0.5)
    most = min(bound for bound, n in counts.items() if n == events)
    return Settled(len(chosen) / took, int(events), quantile(counts, 0.5),
                   quantile(counts, 0.99), most)


def measure(cluster, rate, count):
    listed, chosen = list_some(cluster, count)
    names = {one["name"] for one in chosen}
    results = multiprocessing.Queue()
    witness = multiprocessing.Process(
        target=watch, args=(cluster.host, cluster.port,
                            listed["metadata"]["resourceVersion"], names,
                            results))
    witness.start()
    results.get(timeout=30)
    sent, began = {}, time.monotonic()
    body = json.dumps({"spec": {"suspend": True}}).encode()
    with socket.create_connection((cluster.host, cluster.port)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = wire.makefile("rb", buffering=1 << 20)
        for i, one in enumerate(chosen):
            while (left := began + i / rate - time.monotonic()) > 0:
                time.sleep(left)
            sent[one["name"]] = time.monotonic()
            wire.sendall(patch(one, body))
            expect_ok(answers, one)
    took = time.monotonic() - began
    seen = results.get(timeout=PATIENCE_SECONDS + 60)
    witness.join()
    waits = sorted(1e3 * (seen[name] - sent[name]) for name in seen)
    if not waits:
        raise Failed("the operator mended none of the changes")
    return Found(count / took, len(seen), statistics.median(waits),
                 waits[min(len(waits) - 1, len(waits) * 99 // 100)],
                 max(seen.values()) - began)
