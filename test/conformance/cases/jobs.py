"""The Job controller; pods are moved by hand, there is no kubelet."""

from case import case, named

PODS = "items.[].metadata.generateName items.[].status.phase"
STATUS = ("active", "ready", "succeeded", "failed", "terminating",
          "completedIndexes")
POD = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "i"}]}


def job(name="a", template=None, **spec):
    return named(name, spec={**spec, "template": template or {"spec": POD}})


def short(body):
    """A Job's status without times and without what is only there by the way.
    """
    status = (body or {}).get("status", {})
    return {k: status[k] for k in STATUS if status.get(k)} | {
        "times": sorted(k for k in status if k.endswith("Time")),
        "conditions": [" ".join(filter(None, (
            c["type"], c["status"], c.get("reason"), c.get("message"))))
            for c in status.get("conditions", [])]}


def tell(t, words, holds, name="a", **more):
    """Waits for a Job and notes its status."""
    got = t.until(words, f"jobs/{name}",
                  lambda a: a.body.get("status") and holds(a.body["status"]),
                  **more)
    t.note("status", short(got.body))
    return got.body


def has(kind):
    return lambda status: any(c["type"] == kind and c["status"] == "True"
                              for c in status.get("conditions", []))


def active(count):
    return lambda status: status.get("active", 0) == count \
        and not status.get("uncountedTerminatedPods")


def pods_of(t, name="a"):
    found = t.found("pods")["items"]
    return [p for p in found
            if p["metadata"]["labels"].get("job-name") == name]


def move(t, pod, phase, code=None, **more):
    """What a kubelet would say of a pod."""
    status = {"phase": phase, **more}
    if code is not None:
        status["containerStatuses"] = [{
            "name": "a", "image": "i", "imageID": "i", "ready": False,
            "restartCount": 0, "state": {"terminated": {"exitCode": code}}}]
    t.done("PATCH", f"pods/{pod['metadata']['name']}/status",
           {"status": status})


def one_pod(t, name="a"):
    tell(t, "one pod is active", active(1), name)
    ready = [p for p in pods_of(t, name)
             if p["status"]["phase"] in ("Pending", "Running")]
    assert len(ready) == 1, ready
    return ready[0]


@case("a new Job has defaults and a selector of its own", slow=True)
def _(t):
    t.post("jobs", job(), show="spec metadata.labels metadata.generation "
           "metadata.finalizers status")


@case("a Job makes a pod", slow=True)
def _(t):
    t.made("jobs", job())
    pod = one_pod(t)
    t.transcript.learn(pod)
    t.note("pod", {k: pod["metadata"].get(k) for k in (
        "name", "generateName", "labels", "finalizers", "ownerReferences",
        "annotations")})
    t.note("spec", {k: pod["spec"].get(k) for k in (
        "restartPolicy", "serviceAccountName", "terminationGracePeriodSeconds",
        "tolerations")})


@case("a Job with a pod that succeeds is complete", slow=True)
def _(t):
    t.made("jobs", job())
    move(t, one_pod(t), "Succeeded", 0)
    tell(t, "it is complete", has("Complete"))
    t.get("pods", show=PODS + " items.[].metadata.finalizers")


@case("a running pod is ready when it says so", slow=True)
def _(t):
    t.made("jobs", job())
    move(t, one_pod(t), "Running", conditions=[
        {"type": "Ready", "status": "True"}])
    tell(t, "a pod is ready", lambda s: s.get("ready") == 1)


@case("a failed pod is followed by another", slow=True)
def _(t):
    t.made("jobs", job())
    move(t, one_pod(t), "Failed", 1)
    tell(t, "it is counted", lambda s: s.get("failed") == 1
         and s.get("active") == 1 and not s.get("uncountedTerminatedPods"))


@case("a Job fails at its backoff limit", slow=True)
def _(t):
    t.made("jobs", job(backoffLimit=0))
    move(t, one_pod(t), "Failed", 1)
    tell(t, "it failed", has("Failed"))
    t.get("pods", show=PODS)


@case("a Job fails at its second failure", slow=True)
def _(t):
    t.made("jobs", job(backoffLimit=1))
    move(t, one_pod(t), "Failed", 1)
    tell(t, "it is counted", lambda s: s.get("failed") == 1
         and s.get("active") == 1)
    move(t, [p for p in pods_of(t) if p["status"]["phase"] == "Pending"][0],
         "Failed", 2)
    tell(t, "it failed", has("Failed"))


# By then its pod was seen, on a busy machine too.
SOON = 30


@case("a Job fails at its deadline", slow=True)
def _(t):
    t.made("jobs", job(activeDeadlineSeconds=SOON))
    one_pod(t)
    tell(t, "it failed", has("Failed"))
    t.until("no pod is left", "pods", lambda a: not a.body["items"])


@case("a deadline counts from the resumption", slow=True)
def _(t):
    t.made("jobs", job(activeDeadlineSeconds=SOON, suspend=True))
    tell(t, "it is suspended", has("Suspended"))
    t.pause(SOON + 5)
    t.done("PATCH", "jobs/a", {"spec": {"suspend": False}})
    one_pod(t)
    tell(t, "it failed", has("Failed"))


@case("a suspended Job makes no pod", slow=True)
def _(t):
    t.made("jobs", job(suspend=True))
    tell(t, "it is suspended", has("Suspended"))
    t.pause(2)
    t.get("pods", show=PODS)


@case("a resumed Job makes its pod", slow=True)
def _(t):
    t.made("jobs", job(suspend=True))
    tell(t, "it is suspended", has("Suspended"))
    t.done("PATCH", "jobs/a", {"spec": {"suspend": False}})
    tell(t, "one pod is active", active(1))


@case("suspending a Job ends its pod", slow=True)
def _(t):
    t.made("jobs", job())
    one_pod(t)
    t.done("PATCH", "jobs/a", {"spec": {"suspend": True}})
    tell(t, "it is suspended", lambda s: has("Suspended")(s)
         and not s.get("terminating"))
    t.until("no pod is left", "pods", lambda a: not a.body["items"])
    tell(t, "none is active", lambda s: not s.get("active")
         and not s.get("terminating"))
    t.done("PATCH", "jobs/a", {"spec": {"suspend": False}})
    tell(t, "one pod is active", active(1))


@case("of a Job's life Events tell", slow=True)
def _(t):
    t.made("jobs", job(suspend=True))
    tell(t, "it is suspended", has("Suspended"))
    t.done("PATCH", "jobs/a", {"spec": {"suspend": False}})
    move(t, one_pod(t), "Succeeded", 0)
    tell(t, "it is complete", has("Complete"))
    name = pods_of(t)[0]
    t.transcript.learn(name)
    found = t.until("it is told", "events", lambda a: any(
        e["reason"] == "Completed" for e in a.body["items"]),
        fieldSelector="involvedObject.name=a")
    for each in sorted(found.body["items"], key=lambda e: e["reason"]):
        t.note(each["reason"], [each["type"], each["message"],
                                each["source"].get("component")])


@case("a finished Job goes after its time", slow=True)
def _(t):
    t.made("jobs", job(ttlSecondsAfterFinished=2))
    move(t, one_pod(t), "Succeeded", 0)
    t.until_gone("jobs/a", show="reason")
    t.until("no pod is left", "pods", lambda a: not a.body["items"])


@case("a failed Job goes after its time, too", slow=True)
def _(t):
    t.made("jobs", job(ttlSecondsAfterFinished=0, backoffLimit=0))
    move(t, one_pod(t), "Failed", 1)
    t.until_gone("jobs/a", show="reason")


@case("a Job of two completions makes two pods one after the other",
      slow=True)
def _(t):
    t.made("jobs", job(completions=2))
    move(t, one_pod(t), "Succeeded", 0)
    tell(t, "one is done", lambda s: s.get("succeeded") == 1
         and s.get("active") == 1)
    move(t, [p for p in pods_of(t) if p["status"]["phase"] == "Pending"][0],
         "Succeeded", 0)
    tell(t, "it is complete", has("Complete"))


@case("a Job of two at once makes two pods", slow=True)
def _(t):
    t.made("jobs", job(completions=2, parallelism=2))
    tell(t, "two are active", active(2))


@case("a Job of none at once makes no pod", slow=True)
def _(t):
    t.made("jobs", job(parallelism=0))
    t.pause(2)
    t.get("pods", show=PODS)


@case("a deleted pod is replaced", slow=True)
def _(t):
    t.made("jobs", job())
    pod = one_pod(t)
    t.done("DELETE", f"pods/{pod['metadata']['name']}")
    tell(t, "another is active", lambda s: s.get("active") == 1
         and s.get("failed") == 1)
    t.get("pods", show=PODS)


@case("a deleted pod of a Job without retries fails it", slow=True)
def _(t):
    t.made("jobs", job(backoffLimit=0))
    pod = one_pod(t)
    t.done("DELETE", f"pods/{pod['metadata']['name']}")
    tell(t, "it failed", has("Failed"))


@case("a deleted Job takes its pods along", slow=True)
def _(t):
    t.made("jobs", job())
    one_pod(t)
    t.delete("jobs/a", {"propagationPolicy": "Background"}, show="status")
    t.until("no pod is left", "pods", lambda a: not a.body["items"])


@case("a Job deleted without a word on its pods leaves them", slow=True)
def _(t):
    t.made("jobs", job())
    one_pod(t)
    t.delete("jobs/a", show="metadata.finalizers")
    t.until_gone("jobs/a", show="reason")
    t.pause(1)
    t.until("the pod is let go", "pods", lambda a: a.body["items"] and not
            a.body["items"][0]["metadata"].get("finalizers"),
            show=PODS + " items.[].metadata.ownerReferences "
            "items.[].metadata.finalizers")


@case("a Job deleted in the foreground goes after its pods", slow=True)
def _(t):
    t.made("jobs", job())
    one_pod(t)
    t.delete("jobs/a", {"propagationPolicy": "Foreground"},
             show="metadata.finalizers")
    t.until_gone("jobs/a", show="reason")
    t.get("pods", show=PODS)


@case("a finished Job stays finished when its pod goes", slow=True)
def _(t):
    t.made("jobs", job())
    pod = one_pod(t)
    move(t, pod, "Succeeded", 0)
    tell(t, "it is complete", has("Complete"))
    t.done("DELETE", f"pods/{pod['metadata']['name']}")
    t.pause(1)
    t.note("status", short(t.found("jobs/a")))


@case("a Job managed by another is left alone", slow=True)
def _(t):
    t.made("jobs", job(managedBy="x.example/other"))
    t.pause(2)
    t.get("pods", show=PODS)
    t.get("jobs/a", show="status")


# Changes of a Job that is suspended.
CHANGES = {
    "its template": {"template": {"spec": {"containers": [
        {"name": "a", "image": "j"}]}}},
    "its parallelism": {"parallelism": 3},
    "its completions": {"completions": 3},
    "its backoff limit": {"backoffLimit": 2},
    "its deadline": {"activeDeadlineSeconds": 77},
    "its selector": {"selector": {"matchLabels": {"a": "b"}}},
    "its time to live": {"ttlSecondsAfterFinished": 5},
    "its template's labels": {"template": {"metadata": {"labels": {
        "a": "b"}}}},
    "its template's node selector": {"template": {"spec": {"nodeSelector": {
        "a": "b"}}}},
}


def enter_change(words, spec):
    @case(f"a suspended Job may change, or not, {words}")
    def _(t):
        t.made("jobs", job(suspend=True))
        # What is wrong with a template is told as the server's memory holds
        # it; there only the reason counts.
        t.patch("jobs/a", {"spec": spec}, "strategic", show="reason")


for each in CHANGES.items():
    enter_change(*each)


# Jobs that are refused.
BAD = {
    "without a template": {"spec": {}},
    "that restarts always": {"spec": {"template": {"spec": {
        "containers": POD["containers"]}}}},
    "without containers": {"spec": {"template": {"spec": {
        "restartPolicy": "Never", "containers": []}}}},
    "with a negative deadline": job(activeDeadlineSeconds=-1),
    "with a negative backoff limit": job(backoffLimit=-1),
    "with a negative time to live": job(ttlSecondsAfterFinished=-1),
    "with a negative parallelism": job(parallelism=-1),
    "with a selector that it did not ask to set": job(
        selector={"matchLabels": {"a": "b"}}),
    "with a name that is too long for a label": job("a" * 64),
}


def enter_bad(words, body):
    @case(f"a Job {words} is judged")
    def _(t):
        t.post("jobs", {"metadata": {"name": "a"}, **body},
               show="metadata.name")


for each in BAD.items():
    enter_bad(*each)
