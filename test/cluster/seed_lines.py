"""A command line of a manual, run as a user's shell would.

A line stands in its story's table as its page has it; what stands in <> there
is filled in by the story, which is the one to say what must come out. Called by
`seed_pages` and its parts; lines that nobody ran are named at the end.
"""

import dataclasses
import os
import re
import subprocess

import kube

LIMIT_SECONDS = 300
# Why a line can't be run on the simulator, or anywhere.
POD = "a command in a container, of which the simulator has none"
NO_DEPLOYMENT = "the simulated cluster has no Deployments"
REGISTRY = "its image comes from a registry, which these tests have not"


@dataclasses.dataclass
class Line:
    """`nowhere` says why it can't work in any cluster of these tests, `node`
    why only the real node can answer it, `changed` what the page has in another
    way and why."""

    text: str
    node: str = ""
    nowhere: str = ""
    changed: str = ""


class Lines:
    """The lines of one page, and which of them were run."""

    def __init__(self, page, table, is_real):
        self.page, self.table, self.is_real = page, table, is_real
        self.run_so_far = set()

    def can(self, called):
        """Whether this cluster can answer it."""
        line = self.table[called]
        return not line.nowhere and (self.is_real or not line.node)

    def run(self, called, /, fails=False, **fill):
        """What the line prints; `fails` where grep has nothing to find."""
        text = self.table[called].text
        for key, value in fill.items():
            text = text.replace(f"<{key.replace('_', '-')}>", value)
        if gaps := re.findall(r"<[a-z-]+>", text):
            raise kube.Failed(f"{called}: nobody filled in {gaps}")
        done = subprocess.run(
            ["bash", "-c", 'kubectl() { "$KUBECTL" "$@"; }\n' + text],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            check=False, timeout=LIMIT_SECONDS,
            env=dict(os.environ, KUBECTL=kube.KUBECTL))
        if (done.returncode != 0) != fails or "rror" in done.stderr:
            raise kube.Failed(f"{called}: {text}\nends with "
                              f"{done.returncode}: {done.stderr}")
        self.run_so_far.add(called)
        return done.stdout

    def report(self, cluster):
        """Every line was run, or says why not; those are printed."""
        left = {called: line.nowhere or ("" if self.is_real else line.node)
                for called, line in self.table.items()
                if called not in self.run_so_far}
        cluster.equal(f"what nobody ran of {self.page}, without a reason",
                      [called for called, why in left.items() if not why], [])
        for called, why in left.items():
            print(f"not run: {self.page}, {called}: {why}")
        for called, line in self.table.items():
            if line.changed:
                print(f"not as it stands there: {self.page}, {called}: "
                      f"{line.changed}")
