"""One cluster of N repositories, one operator, and what that costs.

The simulator is the witness of writes, /proc of memory and processor time, the
clock of this machine of everything else.
"""

import gzip
import os
import time

import latency
import page
import population
from operator_process import Operator
from questions import Questions
from simulated import Cluster, Failed, fetch, free_port

# Nothing is due while it is measured: half a day away.
SCHEDULE = time.strftime("%M %H * * *", time.gmtime(time.time() + 12 * 3600))
QUIET_SECONDS = 6
DEADLINE_SECONDS = 3600
# After a restart nothing may be written for so long.
RESTART_SECONDS = 20


def is_write(name):
    return name.split()[0] in ("POST", "PUT", "PATCH", "DELETE")


def difference(after, before):
    return {name: n - before.get(name, 0) for name, n in after.items()
            if n != before.get(name, 0)}


def writes(counted):
    """All but those of the operator's own Lease."""
    return sum(n for name, n in counted.items()
               if is_write(name) and name.split()[1] != "leases")


class Measurement:
    """Use it with `with`; the cluster and the operator end with it."""

    def __init__(self, programs, folder, repositories, say):
        self.programs, self.folder = programs, folder
        self.repositories, self.say = repositories, say
        self.cluster, self.operator, self.runs = None, None, 0
        self.metrics = f"127.0.0.1:{free_port()}"
        self.figures = {"repositories": repositories}

    def __enter__(self):
        self.cluster = Cluster(self.programs, self.folder, window=200_000)
        os.environ.update(KUBECONFIG=self.cluster.kubeconfig,
                          ENTER="/usr/bin/env")
        return self

    def __exit__(self, *_):
        if self.operator:
            self.operator.stop()
        self.cluster.stop()

    # -- the cluster ----------------------------------------------------------

    def fill(self):
        began = time.monotonic()
        self.cluster.fill(population.make_namespaces(self.repositories))
        self.cluster.fill(
            population.make_claimants(self.repositories, SCHEDULE))
        self.say(f"{self.repositories} repositories with their claimants and "
                 f"Secrets in {time.monotonic() - began:.0f} s")

    def fill_history(self):
        """What runs leave; the operator takes it in, so that nothing is left to
        be written."""
        self.operator.stop()
        began = time.monotonic()
        population.make_history(self.cluster, self.say)
        self.say(f"their history in {time.monotonic() - began:.0f} s")
        before = self.cluster.requests()
        self.start()
        self.wait_for_caches()
        self.wait_for_done(before)
        self.figures["with_history"] = True
        self.say(f"it was taken in: {self.costs()}")

    # -- the operator ---------------------------------------------------------

    def start(self):
        self.runs += 1
        self.operator = Operator(
            os.path.join(self.programs, "holystone"), population.HOME,
            os.path.join(self.folder, f"operator-{self.runs}.log"),
            metrics=self.metrics)

    def wait(self, what, is_so, pause=0.1):
        deadline = time.monotonic() + DEADLINE_SECONDS
        told = time.monotonic()
        while not is_so():
            if not self.operator.is_alive():
                raise Failed(f"the operator ended before: {what}")
            if time.monotonic() > deadline:
                raise Failed(f"not within {DEADLINE_SECONDS} s: {what}")
            if time.monotonic() > told + 15:
                told = time.monotonic()
                self.say(f"waiting: {what} ({self.costs()})")
            time.sleep(pause)

    def costs(self):
        return (f"{self.operator.rss_mb():.1f} MB, peak "
                f"{self.operator.peak_rss_mb():.1f} MB, "
                f"{self.operator.cpu_seconds():.2f} s of processor time")

    def wait_for_quiet(self):
        """Until no request but the Lease's came for a while; gives when the
        last one came."""
        last, since = None, time.monotonic()

        def is_quiet():
            nonlocal last, since
            now = {name: n for name, n in self.cluster.requests().items()
                   if not name.endswith("leases")}
            if now != last:
                last, since = now, time.monotonic()
            return time.monotonic() > since + QUIET_SECONDS
        self.wait("quiet", is_quiet, pause=0.25)
        return since

    def wait_for_caches(self):
        self.wait("it leads and has its caches", lambda:
                  self.operator.logged('"leading"')
                  and self.operator.logged("caches are synced"))

    def cold_start(self):
        before = self.cluster.requests()
        began = time.monotonic()
        self.start()
        self.wait_for_caches()
        took = self.wait_for_done(before) - began
        made = difference(self.cluster.requests(), before)
        self.check(made)
        self.figures.update(cold_start_seconds=took,
                            cold_start_peak_rss_mb=self.operator.peak_rss_mb(),
                            cold_start_writes=writes(made))
        self.say(f"cold start in {took:.1f} s, {writes(made)} writes: "
                 f"{self.costs()}")

    def wait_for_done(self, before):
        self.wait("every source has a status", lambda: difference(
            self.cluster.requests(), before).get(
                "PATCH replicationsources/status", 0)
            >= self.repositories * population.SOURCES, pause=0.5)
        return self.wait_for_quiet()

    def check(self, made):
        """Every repository has its CronJob, every claimant its status."""
        for name, wanted in (
                ("PATCH cronjobs", self.repositories),
                ("PATCH replicationsources/status",
                 self.repositories * population.SOURCES)):
            if made.get(name, 0) < wanted:
                raise Failed(f"{made.get(name, 0)} x {name} instead of "
                             f"{wanted}")

    def restart(self):
        self.operator.stop()
        before = self.cluster.requests()
        began = time.monotonic()
        self.start()
        self.wait_for_caches()
        took = self.wait_for_quiet() - began
        cpu = self.operator.cpu_seconds()
        time.sleep(RESTART_SECONDS)
        made = difference(self.cluster.requests(), before)
        self.figures.update(
            restart_writes=writes(made), restart_cpu_seconds=cpu,
            restart_seconds=took, steady_rss_mb=self.operator.rss_mb(),
            peak_rss_mb=self.operator.peak_rss_mb())
        self.say(f"restart in {took:.1f} s, {writes(made)} writes, {cpu:.2f} s "
                 f"of processor time until quiet: {self.costs()}")

    def relist_storm(self):
        """The server comes back with none of its history: all that is watched
        is listed anew, at once."""
        # What every watch knows is older than this.
        self.cluster.call("POST", "/api/v1/namespaces/default/configmaps",
                          {"metadata": {"generateName": "storm-"}})
        self.operator.forget_peak()
        before, began = self.cluster.requests(), time.monotonic()
        spent = self.operator.cpu_seconds()
        ended = self.cluster.call("POST", "/simulator/compaction",
                                  {})["endedWatches"]

        def are_back():
            made = difference(self.cluster.requests(), before)
            return sum(n for name, n in made.items()
                       if name.startswith("WATCH")) >= ended
        self.wait("every watch is back", are_back, pause=0.25)
        took = self.wait_for_quiet() - began
        made = difference(self.cluster.requests(), before)
        lists = sum(n for name, n in made.items() if name.startswith("LIST"))
        self.figures.update(
            storm_seconds=took, storm_writes=writes(made), storm_lists=lists,
            storm_cpu_seconds=self.operator.cpu_seconds() - spent,
            storm_peak_rss_mb=self.operator.peak_rss_mb())
        self.say(f"relist storm: {ended} watches ended, {lists} lists, "
                 f"{writes(made)} writes, quiet after {took:.1f} s and "
                 f"{self.figures['storm_cpu_seconds']:.2f} s of processor "
                 f"time; {self.costs()}")

    def scrape(self):
        """The best of five: a busy neighbour only ever adds. The first makes
        all of the text, the others what changed since."""
        takes, size = [], 0
        for _ in range(6):
            took, body, encoding = fetch(self.metrics, "/metrics",
                                         {"Accept-Encoding": "gzip"})
            takes.append(took)
            size = len(body)
            if not encoding:
                self.say(f"not compressed: {size / 1e6:.1f} MB")
                size = len(gzip.compress(body, 4))
        first, best = takes[0] * 1e3, min(takes[1:]) * 1e3
        self.figures.update(scrape_ms=best, scrape_mb=size / 1e6,
                            first_scrape_ms=first)
        self.say(f"scrape in {best:.0f} ms, the first in {first:.0f} ms, "
                 f"{size / 1e6:.2f} MB "
                 f"compressed ({self.costs()})")

    def idle(self, seconds):
        before, began = self.operator.fine_cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        spent = self.operator.fine_cpu_seconds() - before
        percent = 100 * spent / (time.monotonic() - began)
        self.figures.update(idle_cpu_percent=percent)
        self.say(f"idle for {seconds} s: {percent:.3f} % of a core")

    def flood(self, rate, count):
        """Foreign hands change `count` CronJobs; each change takes one decision
        and one write."""
        count = min(count, self.repositories)
        before = self.cluster.requests()
        found = latency.measure(self.cluster, rate, count)
        mended = difference(self.cluster.requests(), before)
        self.say(f"{count} changes at {found.rate:.0f}/s: "
                 f"{found.answered} mended, p50 {found.p50:.1f} ms, p99 "
                 f"{found.p99:.1f} ms, last after {found.last:.1f} s; "
                 f"{writes(mended)} writes in all")
        return found

    def settle(self, rate, count):
        """Foreign hands touch `count` CronJobs; each asks for a decision and
        none for a write. Meanwhile somebody looks at one repository after the
        other."""
        count = min(count, self.repositories)
        before = self.cluster.requests()
        with Questions(self.operator.inspection()) as asked:
            found = latency.settle(self.cluster, self.metrics, rate, count)
        made = difference(self.cluster.requests(), before)
        self.figures.update(decision_p99_ms=found.p99,
                            inspection_p99_ms=asked.p99)
        self.say(f"{count} events at {found.rate:.0f}/s: {found.events} "
                 f"settled, p50 {found.p50:.2f} ms, p99 {found.p99:.2f} ms, "
                 f"none above {found.most:g} ms; "
                 f"{writes(made) - count} writes of the operator; "
                 f"{asked.count} questions for one repository: p50 "
                 f"{asked.p50:.1f} ms, p99 {asked.p99:.1f} ms")

    def page(self):
        """Somebody opens the web page, sorts it and waits for changes."""
        seen = page.look(self)
        self.figures.update(seen)
        self.say("web page: " + ", ".join(
            f"{name[5:-3]} {value:.0f} ms" for name, value in seen.items()))
