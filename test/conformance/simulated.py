"""holystone-sim as the suite needs it: controllers, a fast clock, no node.

Called by `run` and by `not_modelled`.
"""

import os
import subprocess
import sys
import tempfile

from api import Server

# The simulated clock goes faster than ours, a real one cannot.
PACE = 10


class Simulator:
    """holystone-sim with its controllers and without a node."""

    def __init__(self, folder, pace=PACE):
        self.pace = pace
        self.kept = tempfile.TemporaryDirectory(prefix="holystone-conform-")
        self.kubeconfig = os.path.join(self.kept.name, "kubeconfig")
        self.program = os.path.join(folder, "holystone-sim")

    def __enter__(self):
        self.process = subprocess.Popen(
            [self.program, "--no-node", "--time-scale", str(self.pace),
             "--kubeconfig", self.kubeconfig, "--exit-on-stdin-close"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        if not self.process.stdout.readline():
            sys.exit(f"{self.program} did not start")
        return Server(self.kubeconfig, self.pace)

    def __exit__(self, kind, *_):
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.kept.cleanup()
        if kind is None and code:
            sys.exit(f"{self.program} ended with {code}")
