"""Turns what happens in the cluster into sentences, and into a last table.

It only listens: everything it says was read from the API server's watches.
"""

import sys

from stage import instant

PREFIX = "volsync.backube/"
COLOURS = {"claim": "36", "storage": "34", "plan": "35", "run": "32", "trouble": "33"}


def label(thing, name):
    return thing["metadata"].get("labels", {}).get(PREFIX + name, "")


def annotation(thing, name):
    return thing["metadata"].get("annotations", {}).get(PREFIX + name, "")


def name_of(thing):
    return f'{thing["metadata"]["namespace"]}/{thing["metadata"]["name"]}'


def ended(job):
    for condition in job.get("status", {}).get("conditions", []):
        if condition["status"] == "True" and condition["type"] in ("Complete",
                                                                   "Failed"):
            return condition["type"]
    return ""


class Repository:
    """What was seen of one repository."""

    def __init__(self, identity):
        self.identity = identity
        self.schedule = self.conflict = self.cron_job = ""
        self.namespaces = ""
        self.succeeded = self.failed = 0
        self.alive = set()
        self.most_at_once = 0


class Teller:
    """Prints as it hears; keeps what the table needs."""

    def __init__(self, clock):
        self.clock = clock
        self.repositories = {}
        self.jobs = {}
        self.sources = {}
        self.colour = sys.stdout.isatty()

    def say(self, kind, text):
        when = self.clock().strftime("%a %H:%M")
        mark = f"{kind:>8}"
        if self.colour:
            mark = f"\033[{COLOURS.get(kind, '1')}m{mark}\033[0m"
        print(f"{when} {mark}  {text}", flush=True)

    def repository(self, thing):
        identity = label(thing, "repository-hash")
        return self.repositories.setdefault(identity, Repository(identity))

    def hear(self, kind, what, thing):
        handler = {"CronJob": self.cron_job, "Job": self.job, "Pod": self.pod,
                   "ReplicationSource": self.source}[kind]
        handler(what, thing)

    # -- one kind each --------------------------------------------------------

    def cron_job(self, what, thing):
        repository = self.repository(thing)
        short = thing["metadata"]["name"]
        if what == "DELETED":
            self.say("plan", f"{short} is gone: nobody asks for it any more")
            repository.schedule = repository.conflict = ""
            return
        schedule = thing["spec"]["schedule"]
        if schedule != repository.schedule:
            verb = "now runs" if repository.schedule else "is planned"
            repository.schedule = schedule
            winner = annotation(thing, "winner")
            self.say("plan", f"{short} {verb} at '{schedule}'"
                     + (f" for {winner}" if winner else ""))
        conflict = annotation(thing, "schedule-conflict")
        if conflict and conflict != repository.conflict:
            self.say("trouble", conflict)
        repository.conflict = conflict
        repository.cron_job = short
        repository.namespaces = (annotation(thing, "source-namespaces")
                                 or label(thing, "source-namespaces"))

    def job(self, what, job):
        name = job["metadata"]["name"]
        before = self.jobs.get(name, "")
        if what == "DELETED":
            if before == "waits":
                self.say("run", f"{name} was dropped before it ran")
            self.jobs.pop(name, None)
            return
        state = ended(job) or ("waits" if job["spec"].get("suspend")
                               else "runs")
        if state == before:
            return
        self.jobs[name] = state
        repository = self.repository(job)
        if state == "waits":
            self.say("run", f"{name} waits to be admitted")
        elif state == "runs":
            self.say("run", f"{name} is admitted")
        elif state == "Complete":
            repository.succeeded += 1
            self.say("run", f"{name} has maintained the repository")
        else:
            repository.failed += 1
            self.say("trouble", f"{name} failed")

    def pod(self, what, pod):
        if not label(pod, "repository-hash"):
            return
        repository = self.repository(pod)
        phase = pod.get("status", {}).get("phase")
        if what == "DELETED" or phase in ("Succeeded", "Failed"):
            repository.alive.discard(name_of(pod))
        else:
            repository.alive.add(name_of(pod))
        repository.most_at_once = max(repository.most_at_once,
                                      len(repository.alive))

    def source(self, what, source):
        name = name_of(source)
        if what == "DELETED":
            self.sources.pop(name, None)
            return
        before = self.sources.get(name, {})
        self.sources[name] = source
        ready, known = ready_of(source), ready_of(before)
        if ready.get("message") == known.get("message"):
            return
        if ready["status"] != "True" or failures(source) > failures(before):
            self.say("trouble", f"{name}: {ready['message']}")
        elif ready["reason"] != "Scheduled":
            self.say("claim", f"{name}: {ready['message']}")

    # -- the end --------------------------------------------------------------

    def table(self):
        rows = [("SOURCE", "STATE", "CRONJOB", "LAST", "NEXT", "FAILURES")]
        for name, source in sorted(self.sources.items()):
            kopia = source.get("status", {}).get("kopia", {})
            rows.append((
                name, ready_of(source).get("reason", "-"),
                kopia.get("maintenanceCronJob", "-"),
                shown(kopia.get("lastMaintenance")),
                shown(kopia.get("nextScheduledMaintenance")),
                str(kopia.get("maintenanceFailures", "-"))))
        print_rows(rows)
        rows = [("REPOSITORY", "NAMESPACES", "SCHEDULE", "RUNS", "FAILED",
                 "PODS AT ONCE")]
        for one in sorted(self.repositories.values(),
                          key=lambda r: r.namespaces):
            rows.append((one.identity, one.namespaces or "-",
                         one.schedule or "-", str(one.succeeded),
                         str(one.failed), str(one.most_at_once)))
        print_rows(rows)


def ready_of(source):
    conditions = source.get("status", {}).get("conditions", [])
    return next((c for c in conditions if c["type"] == "MaintenanceReady"), {})


def failures(source):
    return source.get("status", {}).get("kopia", {}).get(
        "maintenanceFailures", 0)


def shown(time):
    return instant(time).strftime("%a %H:%M") if time else "-"


def print_rows(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width)
                        for cell, width in zip(row, widths)).rstrip())
    sys.stdout.flush()
