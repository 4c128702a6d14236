"""What takes more than a start: a day of runs, everybody due in one minute, and
a hundred operators beside each other.

A day passes faster than the clock on the wall: the simulator's clock has a pace
and paced_clock.cpp gives the operator the same, as in the demo.
"""

import datetime
import os
import tempfile
import time

import population
from measurement import Measurement, writes
from operator_process import Operator
from simulated import Cluster, Failed

JOBS = "/apis/batch/v1/jobs"
PODS = "/api/v1/pods"


class Day(Measurement):
    """A cluster whose controllers work and whose time runs at a pace."""

    def __init__(self, programs, folder, repositories, say, pace, schedule):
        super().__init__(programs, folder, repositories, say)
        self.pace, self.schedule = pace, schedule
        self.library = os.path.join(programs, "test/libpaced_clock.so")
        if not os.path.exists(self.library):
            raise Failed(f"build the target paced_clock first: no "
                         f"{self.library}")

    def __enter__(self):
        self.cluster = Cluster(self.programs, self.folder, window=200_000,
                               controllers=True)
        os.environ.update(KUBECONFIG=self.cluster.kubeconfig,
                          ENTER="/usr/bin/env")
        return self

    def now(self):
        text = self.cluster.call("GET", "/simulator/clock")["now"]
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))

    def start(self):
        if self.pace == 1:
            super().start()
            return
        self.runs += 1
        environment = dict(
            os.environ, TZ="UTC", LD_PRELOAD=self.library,
            MALLOC_CONF="background_thread:false",
            PACED_CLOCK=f"{self.now().timestamp()} {self.pace}")
        self.operator = Operator(
            os.path.join(self.programs, "holystone"), population.HOME,
            os.path.join(self.folder, f"operator-{self.runs}.log"),
            metrics=self.metrics, environment=environment)

    def pods(self, phase):
        """A Job that waits has none."""
        return len(self.cluster.call(
            "GET", f"{PODS}?fieldSelector=status.phase={phase}")["items"])

    def set_pace(self, pace):
        self.cluster.call("POST", "/simulator/clock", {"scale": pace})

    def fill(self):
        self.cluster.fill(population.make_namespaces(self.repositories))
        self.cluster.fill(
            population.make_claimants(self.repositories, self.schedule))

    def pass_hours(self, hours):
        """Gives (hour, MB) for each hour."""
        began, seen = self.now(), []
        while (passed := (self.now() - began).total_seconds() / 3600) < hours:
            if not self.operator.is_alive():
                raise Failed("the operator ended in the day")
            if int(passed) >= len(seen):
                seen.append((int(passed), self.operator.rss_mb()))
                if len(seen) % 6 == 1:
                    self.say(f"hour {int(passed)}: {self.costs()}")
            time.sleep(0.5)
        seen.append((hours, self.operator.rss_mb()))
        return seen


def day(programs, repositories, pace, hours, say):
    """The growth in the second of two days, in percent; in the first the
    history fills up."""
    with tempfile.TemporaryDirectory(prefix="holystone-load-") as folder, \
            Day(programs, folder, repositories, say, pace,
                "H H * * *") as one:
        one.fill()
        one.start()
        one.wait_for_caches()
        one.wait_for_quiet()
        one.set_pace(pace)
        one.operator.stop()
        one.start()
        one.wait_for_caches()
        # Three runs of each are kept: the fourth replaces the first.
        for number in range(3):
            one.pass_hours(hours)
            say(f"day {number + 1} filled the history, "
                f"{one.cluster.count(JOBS)} Jobs are there: {one.costs()}")
        seen = one.pass_hours(hours)
        began, ended = seen[0][1], seen[-1][1]
        growth = 100 * (ended - began) / began
        say(f"from {began:.1f} to {ended:.1f} MB in {hours} simulated hours of "
            f"{repositories} repositories: {growth:+.2f} %")
        return growth


def minute(programs, repositories, say):
    """All are due in the same minute: their Jobs wait in a queue and few run at
    a time. It ends when all Jobs are there and the first places were given
    back; gives seconds and the peak in MB."""
    # Until then they must be served once; afterwards nothing is due.
    ahead = 60 + repositories * 0.03
    due = datetime.datetime.now(datetime.timezone.utc) \
        + datetime.timedelta(seconds=ahead)
    due = due.replace(second=0, microsecond=0) + datetime.timedelta(minutes=1)
    with tempfile.TemporaryDirectory(prefix="holystone-load-") as folder, \
            Day(programs, folder, repositories, say, 1,
                f"{due.minute} {due.hour} * * *") as one:
        one.fill()
        one.start()
        one.wait_for_caches()
        one.wait_for_done({})
        say(f"{repositories} repositories are due at {due:%H:%M}: "
            f"{one.costs()}")
        if one.now() >= due:
            raise Failed("they were due before all were served")
        one.wait("the minute", lambda: one.now() >= due, pause=1)
        one.operator.forget_peak()
        spent, began = one.operator.cpu_seconds(), time.monotonic()
        most = 0

        def is_over():
            nonlocal most
            most = max(most, one.pods("Running"))
            return (one.cluster.count(JOBS) >= repositories
                    and one.pods("Succeeded") >= 10)
        one.wait("all Jobs are there and ten have run", is_over, pause=2)
        took = time.monotonic() - began
        say(f"{repositories} Jobs in {took:.0f} s, at most {most} at a time "
            f"ran: {one.operator.cpu_seconds() - spent:.1f} s of processor "
            f"time, peak {one.operator.peak_rss_mb():.1f} MB")
        return took, one.operator.peak_rss_mb()


def fleet(programs, clusters, repositories, say):
    """As many clusters with an operator each; gives seconds and MB of all."""
    with tempfile.TemporaryDirectory(prefix="holystone-load-") as folder:
        all_of_them, operators = [], []
        try:
            for number in range(clusters):
                one = Cluster(programs, folder, name=f"cluster-{number}")
                all_of_them.append(one)
                one.fill(population.make_namespaces(repositories))
                one.fill(population.make_claimants(repositories, "0 2 * * *"))
            say(f"{clusters} clusters with {repositories} repositories each")
            began = time.monotonic()
            os.environ["ENTER"] = "/usr/bin/env"
            for number, one in enumerate(all_of_them):
                os.environ["KUBECONFIG"] = one.kubeconfig
                operators.append(Operator(
                    os.path.join(programs, "holystone"), population.HOME,
                    os.path.join(folder, f"operator-{number}.log")))
            waiting = set(range(clusters))
            while waiting:
                if time.monotonic() > began + 600:
                    raise Failed(f"{len(waiting)} operators are not done")
                waiting = {n for n in waiting if all_of_them[n].requests().get(
                    "PATCH replicationsources/status", 0)
                    < repositories * population.SOURCES}
                time.sleep(0.2)
            took = time.monotonic() - began
            total = sum(one.rss_mb() for one in operators)
            time.sleep(10)
            dead = sum(1 for one in operators if not one.is_alive())
            made = sum(writes(one.requests()) for one in all_of_them)
            say(f"all {clusters} operators were done after {took:.1f} s with "
                f"{total / clusters:.1f} MB each, {made} writes; {dead} ended")
            return took, total / clusters
        finally:
            for one in operators:
                one.process.terminate()
            for one in operators:
                one.stop()
            for one in all_of_them:
                one.stop()
