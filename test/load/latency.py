"""How long the operator takes from an event to its decision.

Somebody suspends CronJobs, one after the other at a given pace; the operator
resumes each. What is measured begins before the change is sent to the server and
ends when the operator's write shows in a watch of our own: both ways through
the server and the write itself are in it, so the decision took less.
"""

import collections
import http.client
import json
import multiprocessing
import socket
import statistics
import time

from simulated import Failed, read_answer

PATH = "/apis/batch/v1/namespaces/{}/cronjobs/{}"
PATIENCE_SECONDS = 60

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


def measure(cluster, rate, count):
    listed = cluster.call("GET", f"/apis/batch/v1/cronjobs?limit={count}")
    chosen = [one["metadata"] for one in listed["items"]]
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
            path = PATH.format(one["namespace"], one["name"])
            wire.sendall(
                f"PATCH {path}?fieldManager=somebody HTTP/1.1\r\n"
                f"Host: load\r\nContent-Type: application/merge-patch+json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            status, text = read_answer(answers)
            if status != 200:
                raise Failed(f"PATCH {path}: {status} {text[:200]!r}")
    took = time.monotonic() - began
    seen = results.get(timeout=PATIENCE_SECONDS + 60)
    witness.join()
    waits = sorted(1e3 * (seen[name] - sent[name]) for name in seen)
    if not waits:
        raise Failed("the operator mended none of the changes")
    return Found(count / took, len(seen), statistics.median(waits),
                 waits[min(len(waits) - 1, len(waits) * 99 // 100)],
                 max(seen.values()) - began)
