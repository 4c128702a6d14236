"""A simulated cluster as a process of its own, and a fast way to talk to it.

The simulator counts requests itself, so no count depends on what the operator
says. Nothing here knows what is measured.
"""

import http.client
import json
import os
import socket
import subprocess
import time
import urllib.request

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
# Requests that are on their way at a time, all on one connection.
PIPELINED = 64


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Failed(Exception):
    """The measurement could not be made; the text says why."""


class Cluster:
    """One holystone-sim, from its start to its end."""

    def __init__(self, programs, folder, name="cluster", controllers=False,
                 start="", window=10_000):
        self.kubeconfig = os.path.join(folder, f"{name}.kubeconfig")
        self.log = os.path.join(folder, f"{name}.log")
        command = [os.path.join(programs, "holystone-sim"), "--kubeconfig",
                   self.kubeconfig, "--event-window", str(window),
                   "--manifest", os.path.join(ROOT, "deploy/crds"),
                   "--exit-on-stdin-close"]
        if not controllers:
            command.append("--no-controllers")
        if start:
            command += ["--start", start, "--time-scale", "0"]
        # Trees of JSON come and go all the time: with more of their pieces at
        # hand the simulator takes two thirds of the processor time.
        environment = dict(os.environ,
                           GLIBC_TUNABLES="glibc.malloc.tcache_count=2000")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log, text=True, env=environment)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise Failed(f"holystone-sim did not start, see {self.log}")
        self.host, _, port = self.url.removeprefix("http://").partition(":")
        self.port = int(port)

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    # -- one by one -----------------------------------------------------------

    def call(self, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except (OSError, ValueError) as why:
            raise Failed(f"{method} {path}: {why}") from why

    def requests(self):
        """How often each verb was used on each resource, by everybody."""
        return self.call("GET", "/simulator/requests")

    def count(self, path):
        """How many objects there are, without reading them all."""
        page = self.call("GET", path + "?limit=1")
        left = page["metadata"].get("remainingItemCount", 0)
        return len(page["items"]) + left

    # -- many at once ---------------------------------------------------------

    def send(self, requests):
        """Sends (method, path, body, kind); yields the bodies of the answers
        in the same order. One that is refused ends the measurement."""
        with socket.create_connection((self.host, self.port)) as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = wire.makefile("rb", buffering=1 << 20)
            waiting = []
            for method, path, body, kind in requests:
                text = json.dumps(body, separators=(",", ":")).encode()
                waiting.append((f"{method} {path}", b"".join((
                    f"{method} {path} HTTP/1.1\r\nHost: load\r\n"
                    f"Content-Type: {kind}\r\n"
                    f"Content-Length: {len(text)}\r\n\r\n".encode(), text))))
                if len(waiting) == PIPELINED:
                    yield from exchange(wire, answers, waiting)
                    waiting = []
            yield from exchange(wire, answers, waiting)

    def fill(self, requests):
        for _ in self.send(requests):
            pass


def exchange(wire, answers, waiting):
    wire.sendall(b"".join(text for _, text in waiting))
    for what, _ in waiting:
        status, body = read_answer(answers)
        if not 200 <= status < 300:
            raise Failed(f"{what}: {status} {body[:300].decode()}")
        yield body


def read_answer(answers):
    line = answers.readline()
    if not line:
        raise Failed("the simulator closed the connection")
    status, length = int(line.split()[1]), 0
    while (line := answers.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, answers.read(length)


def fetch(address, path, headers=None):
    """(seconds, bytes as they came over the wire)."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    connection.close()
    if answer.status != 200:
        raise Failed(f"GET {path}: {answer.status}")
    return took, body, answer.headers.get("Content-Encoding", "")
