"""The CronJob controller: slots, edits, limits, policies (R-50 to R-61)."""

import datetime
import time

from case import case, named
from jobs import POD, has, move, pods_of, short

EVERY = "* * * * *"
YEARLY = "0 0 1 1 *"
JOBS = "items.[].spec.suspend"
# A minute, and what the controller takes.
MINUTE = 75


def cron(name="a", schedule=EVERY, job=None, **spec):
    return named(name, spec={"schedule": schedule, **spec, "jobTemplate": {
        "spec": {**(job or {}), "template": {"spec": POD}}}})


def now_of(t):
    """The cluster's own time, from an object that it makes."""
    made = t.made("secrets", {"metadata": {"generateName": "now-"}})
    text = made["metadata"]["creationTimestamp"]
    return datetime.datetime.fromisoformat(text)


def written(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:00Z")


def jobs_of(t, name="a"):
    found = t.found("jobs")["items"]
    return sorted((j for j in found if any(
        o["name"] == name
        for o in j["metadata"].get("ownerReferences", []))),
        key=lambda j: j["metadata"]["name"])


def await_jobs(t, count, seconds=MINUTE):
    t.until(f"there are {count}", "jobs",
            lambda a: len(a.body["items"]) == count, seconds)
    return jobs_of(t)


def since(t, minutes, **body):
    """A CronJob whose last slot is made out to be some minutes ago."""
    made = t.made("cronjobs", cron(suspend=True, **body))
    last = now_of(t) - datetime.timedelta(minutes=minutes)
    t.done("PATCH", "cronjobs/a/status",
           {"status": {"lastScheduleTime": written(last)}})
    t.pause(1)
    return made


def resume(t):
    t.done("PATCH", "cronjobs/a", {"spec": {"suspend": False}})


def stop(t):
    t.done("PATCH", "cronjobs/a", {"spec": {"suspend": True}})


def same_slot(t, job):
    """Is the Job named after the newest minute?"""
    minute = int(job["metadata"]["name"].rpartition("-")[2])
    newest = int(now_of(t).timestamp() // 60)
    return newest - minute in (0, 1)


def await_events(t, reason, seconds=MINUTE):
    found = t.until(
        f"an Event tells {reason}", "events", lambda a: any(
            e["reason"] == reason for e in a.body["items"]), seconds,
        fieldSelector="involvedObject.kind=CronJob")
    for each in found.body["items"]:
        if each["reason"] == reason:
            t.note(reason, [each["type"], each["message"],
                            each["source"].get("component")])
            return


@case("a new CronJob has defaults", slow=True)
def _(t):
    t.post("cronjobs", cron(schedule=YEARLY),
           show="spec status metadata.generation")


@case("a CronJob makes a Job at its slot", slow=True)
def _(t):
    t.made("cronjobs", cron())
    job = await_jobs(t, 1)[0]
    name = job["metadata"]["name"]
    t.note("it is named after its slot", same_slot(t, job))
    t.transcript.hide(name, "a-SLOT")
    t.transcript.shown(t.found("cronjobs/a"), "metadata.uid")
    t.note("its metadata", {k: v for k, v in job["metadata"].items()
                            if k in ("name", "labels", "annotations",
                                     "ownerReferences")})
    until = t.until("the Job is active", "cronjobs/a",
                    lambda a: a.body["status"].get("active"))
    t.note("active", until.body["status"]["active"][0])
    t.note("the slot is the last", until.body["status"]["lastScheduleTime"]
           == job["metadata"]["annotations"][
               "batch.kubernetes.io/cronjob-scheduled-timestamp"])
    await_events(t, "SuccessfulCreate")
    stop(t)


@case("a finished Job of a CronJob is its last success", slow=True)
def _(t):
    t.made("cronjobs", cron())
    job = await_jobs(t, 1)[0]
    name = job["metadata"]["name"]
    t.transcript.hide(name, "a-SLOT")
    stop(t)
    t.until("a pod is there", "pods", lambda a: a.body["items"])
    move(t, pods_of(t, name)[0], "Succeeded", 0)
    got = t.until("it is told", "cronjobs/a", lambda a:
                  a.body["status"].get("lastSuccessfulTime")
                  and not a.body["status"].get("active"))
    t.note("status", sorted(got.body["status"]))
    await_events(t, "SawCompletedJob")


@case("a failed Job of a CronJob is no success", slow=True)
def _(t):
    t.made("cronjobs", cron(job={"backoffLimit": 0}))
    name = await_jobs(t, 1)[0]["metadata"]["name"]
    t.transcript.hide(name, "a-SLOT")
    stop(t)
    t.until("a pod is there", "pods", lambda a: a.body["items"])
    move(t, pods_of(t, name)[0], "Failed", 1)
    got = t.until("it is over", "cronjobs/a",
                  lambda a: not a.body["status"].get("active"))
    t.note("status", sorted(got.body["status"]))
    await_events(t, "SawCompletedJob")


@case("a suspended CronJob makes no Job", slow=True)
def _(t):
    t.made("cronjobs", cron(suspend=True))
    t.pause(65)
    t.get("jobs", show=JOBS)
    t.get("cronjobs/a", show="status")


@case("a CronJob suspended while a Job runs lets it run", slow=True)
def _(t):
    t.made("cronjobs", cron())
    name = await_jobs(t, 1)[0]["metadata"]["name"]
    t.transcript.hide(name, "a-SLOT")
    stop(t)
    t.pause(3)
    t.get("jobs", show=JOBS)


@case("of many missed slots one Job is made on resumption", slow=True)
def _(t):
    since(t, 10)
    resume(t)
    job = await_jobs(t, 1, 20)[0]
    t.note("it is of the newest slot", same_slot(t, job))
    stop(t)
    t.pause(3)
    t.get("jobs", show=JOBS)


@case("more than a hundred missed slots are told and the newest is run",
      slow=True)
def _(t):
    since(t, 200)
    resume(t)
    job = await_jobs(t, 1, 20)[0]
    t.note("it is of the newest slot", same_slot(t, job))
    await_events(t, "TooManyMissedTimes")
    stop(t)


@case("a starting deadline lets old slots go", slow=True)
def _(t):
    at = now_of(t)
    hour = (at - datetime.timedelta(hours=2)).hour
    t.transcript.hide(f"0 {hour} * * *", "0 H * * *")
    since(t, 60 * 30, schedule=f"0 {hour} * * *",
          startingDeadlineSeconds=600)
    resume(t)
    t.pause(4)
    t.get("jobs", show=JOBS)


@case("without a starting deadline an old slot is run", slow=True)
def _(t):
    at = now_of(t)
    hour = (at - datetime.timedelta(hours=2)).hour
    since(t, 60 * 30, schedule=f"0 {hour} * * *")
    resume(t)
    job = await_jobs(t, 1, 20)[0]
    minute = int(job["metadata"]["name"].rpartition("-")[2])
    slot = datetime.datetime.fromtimestamp(minute * 60,
                                           datetime.timezone.utc)
    t.note("it is of that hour", slot.hour == hour and slot.minute == 0)
    stop(t)


@case("a starting deadline lets new slots be run", slow=True)
def _(t):
    since(t, 10, startingDeadlineSeconds=200)
    resume(t)
    t.note("it is of the newest slot", same_slot(t, await_jobs(t, 1, 20)[0]))
    stop(t)


@case("a last slot in the future stops a CronJob", slow=True)
def _(t):
    t.made("cronjobs", cron(suspend=True))
    ahead = now_of(t) + datetime.timedelta(hours=5)
    t.done("PATCH", "cronjobs/a/status",
           {"status": {"lastScheduleTime": written(ahead)}})
    resume(t)
    t.pause(65)
    t.get("jobs", show=JOBS)


@case("the Job of a slot that ran is not made again", slow=True)
def _(t):
    t.made("cronjobs", cron(concurrencyPolicy="Allow"))
    first = await_jobs(t, 1)[0]
    last = t.until("it is told", "cronjobs/a", lambda a:
                   a.body["status"].get("lastScheduleTime"))
    stop(t)
    back = datetime.datetime.fromisoformat(
        last.body["status"]["lastScheduleTime"]) \
        - datetime.timedelta(minutes=1)
    t.pause(1)
    t.done("PATCH", "cronjobs/a/status",
           {"status": {"lastScheduleTime": written(back)}})
    t.transcript.hide(first["metadata"]["name"], "a-SLOT")
    wait_for_second(t, 5, 30)
    if int(now_of(t).timestamp() // 60) == int(
            first["metadata"]["name"].rpartition("-")[2]):
        resume(t)
        t.pause(4)
        stop(t)
    t.note("Jobs", [j["metadata"]["name"] for j in jobs_of(t)])


def wait_for_second(t, first, last):
    """Until the cluster's clock is well inside a minute."""
    while not first <= now_of(t).second <= last:
        time.sleep(0.2)


@case("Forbid skips a slot while a Job runs", slow=True)
def _(t):
    t.made("cronjobs", cron(concurrencyPolicy="Forbid"))
    t.transcript.hide(await_jobs(t, 1)[0]["metadata"]["name"], "a-SLOT")
    await_events(t, "JobAlreadyActive")
    t.get("jobs", show=JOBS)
    stop(t)


@case("Replace deletes the Job that runs", slow=True)
def _(t):
    t.made("cronjobs", cron(concurrencyPolicy="Replace"))
    first = await_jobs(t, 1)[0]
    t.until("there is another", "jobs", lambda a: [
        j["metadata"]["uid"] for j in a.body["items"]
        if not j["metadata"].get("deletionTimestamp")]
        not in ([], [first["metadata"]["uid"]]), MINUTE)
    stop(t)
    t.until("there is one", "jobs", lambda a: len(a.body["items"]) == 1)


@case("Allow runs two Jobs at once", slow=True)
def _(t):
    t.made("cronjobs", cron(concurrencyPolicy="Allow"))
    await_jobs(t, 2, 2 * MINUTE)
    got = t.until("both are active", "cronjobs/a", lambda a: len(
        a.body["status"].get("active", [])) == 2)
    t.note("active", len(got.body["status"]["active"]))
    stop(t)


@case("an edited schedule makes up for no slot by itself", slow=True)
def _(t):
    since(t, 10, schedule=YEARLY)
    resume(t)
    t.pause(2)
    hour = now_of(t)
    # A slot of the new schedule that has just passed.
    passed = hour - datetime.timedelta(minutes=3)
    t.done("PATCH", "cronjobs/a", {"spec": {
        "schedule": f"{passed.minute} {passed.hour} * * *"}})
    t.pause(4)
    t.get("jobs", show=JOBS)
    t.done("PATCH", "cronjobs/a", {"metadata": {"annotations": {"a": "b"}}})
    job = await_jobs(t, 1, 20)[0]
    minute = int(job["metadata"]["name"].rpartition("-")[2])
    t.note("the next edit runs that slot",
           minute == int(passed.timestamp() // 60))
    stop(t)


@case("an edited template is used by the next Job", slow=True)
def _(t):
    t.made("cronjobs", cron(suspend=True))
    t.done("PATCH", "cronjobs/a", {"spec": {"jobTemplate": {
        "metadata": {"labels": {"new": "1"}, "annotations": {"x": "y"}},
        "spec": {"suspend": True}}}})
    resume(t)
    await_jobs(t, 1)
    stop(t)
    t.get("jobs", show="items.[].spec.suspend items.[].metadata.labels")


@case("a CronJob of suspended Jobs makes suspended Jobs", slow=True)
def _(t):
    t.made("cronjobs", cron(job={"suspend": True}))
    name = await_jobs(t, 1)[0]["metadata"]["name"]
    t.transcript.hide(name, "a-SLOT")
    stop(t)
    got = t.until("it says so", f"jobs/{name}", lambda a: has("Suspended")(
        a.body.get("status", {})))
    t.note("status", short(got.body))
    t.get("pods", show="items")
    t.get("cronjobs/a", show="status.active.[].kind")


@case("a time zone decides when a slot is", slow=True)
def _(t):
    # In Kathmandu an hour begins when it is a quarter past in UTC.
    passed = now_of(t) - datetime.timedelta(minutes=2)
    there = passed + datetime.timedelta(hours=5, minutes=45)
    since(t, 10, schedule=f"{there.minute} {there.hour} * * *",
          timeZone="Asia/Kathmandu")
    resume(t)
    job = await_jobs(t, 1, 20)[0]
    minute = int(job["metadata"]["name"].rpartition("-")[2])
    t.note("it is of that slot", minute == int(passed.timestamp() // 60))
    stamp = job["metadata"]["annotations"][
        "batch.kubernetes.io/cronjob-scheduled-timestamp"]
    t.note("the annotation tells it in that zone", stamp.endswith("+05:45"))
    stop(t)


@case("a deleted CronJob takes its Jobs along", slow=True)
def _(t):
    since(t, 10)
    resume(t)
    await_jobs(t, 1, 20)
    t.delete("cronjobs/a", show="status")
    t.until("no Job is left", "jobs", lambda a: not a.body["items"])
    t.until("no pod is left", "pods", lambda a: not a.body["items"])


@case("an orphaning deletion of a CronJob leaves its Jobs", slow=True)
def _(t):
    since(t, 10)
    resume(t)
    await_jobs(t, 1, 20)
    t.delete("cronjobs/a", {"propagationPolicy": "Orphan"}, show="kind")
    t.until_gone("cronjobs/a", show="reason")
    t.get("jobs", show="items.[].metadata.ownerReferences "
          + JOBS)


@case("a Job deleted by hand is no longer active", slow=True)
def _(t):
    since(t, 10)
    resume(t)
    name = await_jobs(t, 1, 20)[0]["metadata"]["name"]
    t.transcript.hide(name, "a-SLOT")
    stop(t)
    t.delete(f"jobs/{name}", {"propagationPolicy": "Background"},
             show="status")
    t.until("none is active", "cronjobs/a",
            lambda a: not a.body["status"].get("active"))


@case("a Job made by hand for a CronJob is told and left alone", slow=True)
def _(t):
    owner = t.made("cronjobs", cron(schedule=YEARLY, suspend=True))
    t.made("jobs", {"metadata": {
        "name": "by-hand",
        "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
        "ownerReferences": [{
            "apiVersion": "batch/v1", "kind": "CronJob", "name": "a",
            "uid": owner["metadata"]["uid"], "controller": True}]},
        "spec": {"template": {"spec": POD}}})
    t.pause(2)
    t.get("cronjobs/a", show="status")
    await_events(t, "UnexpectedJob", 20)
