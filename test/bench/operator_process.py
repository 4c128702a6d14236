"""The operator as a plain process in the test node's network, and its costs.

Everything is read from /proc of this machine: no pod, no cgroup and no tool
stands between the numbers and the process.
"""

import glob
import json
import os
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 20


class Operator:
    """One run of `holystone operator`, from its start to its end."""

    def __init__(self, program, namespace, log, metrics="127.0.0.1:0",
                 environment=None, inspection="127.0.0.1:0"):
        self.log = log
        self.began = time.time()
        with open(log, "wb") as file:
            # ENTER only execs, so the process that is started is the operator.
            self.process = subprocess.Popen(
                [os.environ["ENTER"], program, "operator",
                 "--kubeconfig", os.environ["KUBECONFIG"],
                 "--namespace", namespace,
                 "--mover-image", "local/holystone:bench",
                 "--metrics-bind-address", metrics,
                 "--inspection-bind-address", inspection],
                env=environment, stdin=subprocess.DEVNULL, stdout=file,
                stderr=file)

    def path(self, name):
        return f"/proc/{self.process.pid}/{name}"

    def is_alive(self):
        return self.process.poll() is None

    def inspection(self):
        """Where its inspection listens, host:port."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            for line in file:
                said = json.loads(line) if line.startswith("{") else {}
                if said.get("msg") == "started":
                    return said["inspection"]
        raise RuntimeError("it has not started")

    def logged(self, text):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return text in file.read()

    def rss_mb(self, which="VmRSS"):
        with open(self.path("status"), encoding="utf-8") as file:
            kib = next(int(line.split()[1]) for line in file
                       if line.startswith(which + ":"))
        return kib * 1024 / 1e6

    def peak_rss_mb(self):
        return self.rss_mb("VmHWM")

    def forget_peak(self):
        """The peak begins anew, with what is there now."""
        with open(self.path("clear_refs"), "w", encoding="utf-8") as file:
            file.write("5")

    def cpu_seconds(self):
        """Of all threads so far, in steps of a clock tick."""
        with open(self.path("stat"), encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def fine_cpu_seconds(self):
        """Of the threads that are there, in nanoseconds."""
        total = 0
        for name in glob.glob(self.path("task/*/schedstat")):
            with open(name, encoding="utf-8") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def stop(self):
        """As Kubernetes stops it; it gives its Lease back."""
        if not self.is_alive():
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
