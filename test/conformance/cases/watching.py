"""Watches: what they begin with, what they say, and how they end."""

from case import case, named
from definitions import definition

WHO = "metadata.name"
FAR = "999999999999"


def version(made):
    return made["metadata"]["resourceVersion"]


def newest(t, path="secrets"):
    return version(t.found(path))


def labelled(name, label, **more):
    return {"metadata": {"name": name, "labels": {"of": label}, **more}}


def from_version(t, path, start, **query):
    """A watch whose start has no place in the transcript."""
    t.transcript.hide(f"resourceVersion={start}", "resourceVersion=RV")
    return t.watch(path, resourceVersion=start, **query)


@case("a watch from a version tells what follows")
def _(t):
    watch = from_version(t, "secrets", newest(t))
    t.made("secrets", named("a", stringData={"k": "v"}))
    t.done("PATCH", "secrets/a", {"stringData": {"k": "w"}})
    t.done("DELETE", "secrets/a")
    t.events(watch, 3)


@case("a watch without a version begins with all there is")
def _(t):
    t.made("secrets", named("a"))
    t.made("secrets", named("b"))
    watch = t.watch("secrets")
    t.events(watch, 2)
    t.made("secrets", named("c"))
    t.events(watch, 1)


@case("a watch from version 0 begins with all there is")
def _(t):
    t.made("secrets", named("a"))
    watch = t.watch("secrets", resourceVersion="0")
    t.events(watch, 1)
    t.made("secrets", named("b"))
    t.events(watch, 1)


@case("a watch from an exact version leaves out what was before")
def _(t):
    t.made("secrets", named("a"))
    start = version(t.made("secrets", named("b")))
    t.made("secrets", named("c"))
    t.events(from_version(t, "secrets", start), 1, WHO)


@case("a deletion is told with the version of the deletion")
def _(t):
    made = t.made("secrets", named("a"))
    watch = from_version(t, "secrets", version(made))
    t.done("DELETE", "secrets/a")
    t.events(watch, 1, WHO)
    t.note("a list from before the deletion is older", newest(t) >
           version(made))


@case("a finalizer's deletion is told as a change first")
def _(t):
    made = t.made("secrets", {"metadata": {"name": "a", "finalizers":
                                           ["x.example/a"]}})
    watch = from_version(t, "secrets", version(made))
    t.done("DELETE", "secrets/a")
    t.done("PATCH", "secrets/a", {"metadata": {"finalizers": None}})
    t.events(watch, 2, "metadata.name metadata.finalizers "
             "metadata.deletionTimestamp")


@case("a label selector sees objects come and go")
def _(t):
    start = newest(t)
    watch = from_version(t, "secrets", start, labelSelector="of=x")
    t.made("secrets", labelled("a", "x"))
    t.made("secrets", labelled("b", "y"))
    for label in "yxy":
        t.done("PATCH", "secrets/a", {"metadata": {"labels": {"of": label}}})
    t.done("PATCH", "secrets/b", {"metadata": {"labels": {"of": "x"}}})
    t.done("DELETE", "secrets/a")
    t.done("DELETE", "secrets/b")
    t.events(watch, 6, "metadata.name metadata.labels "
             "metadata.resourceVersion")


@case("what leaves a selection is told as it was")
def _(t):
    start = newest(t)
    watch = from_version(t, "secrets", start, labelSelector="of=x")
    t.made("secrets", labelled("a", "x"))
    t.done("PATCH", "secrets/a", {
        "metadata": {"labels": {"of": "y"}}, "stringData": {"k": "new"}})
    t.events(watch, 2, "metadata.labels data metadata.resourceVersion")


@case("a watch can be of one object")
def _(t):
    start = newest(t)
    watch = from_version(t, "secrets", start, fieldSelector="metadata.name=b")
    t.made("secrets", named("a"))
    t.made("secrets", named("b"))
    t.events(watch, 1, WHO)


@case("a named object is not watched by its path")
def _(t):
    t.made("secrets", named("a"))
    t.get("secrets/a", watch="1", timeoutSeconds="1", show="kind "
          "type metadata.name")


@case("a watch can be of several values of a label")
def _(t):
    start = newest(t)
    watch = from_version(t, "secrets", start,
                         labelSelector="of in (x, y),of!=z")
    for name, label in (("a", "x"), ("b", "z"), ("c", "y")):
        t.made("secrets", labelled(name, label))
    t.events(watch, 2, WHO)


@case("pods are watched by their phase")
def _(t):
    start = newest(t, "pods")
    watch = from_version(t, "pods", start,
                         fieldSelector="status.phase=Running")
    t.made("pods", named("a", spec={"containers": [
        {"name": "a", "image": "i"}]}))
    for phase in ("Running", "Succeeded"):
        t.done("PATCH", "pods/a/status", {"status": {"phase": phase}})
    t.events(watch, 2, "metadata.name status.phase")


@case("a watch from a too old version ends with 410")
def _(t):
    watch = t.watch("things.shared", resourceVersion="1")
    t.events(watch, 2)


@case("a watch from a version yet to come is refused")
def _(t):
    t.watch("secrets", resourceVersion=FAR)


@case("a watch from a version that is no number is refused")
def _(t):
    t.watch("secrets", resourceVersion="soon")


@case("a watch ends when its time is over")
def _(t):
    watch = t.watch("secrets", timeoutSeconds="1")
    t.events(watch, 1)


@case("a bookmark comes before a watch ends")
def _(t):
    # It is due two seconds before the end; a busy server may send none or
    # two, and promises no more. That one comes and then the end is what counts.
    lines, shown = t.transcript.lines, "kind apiVersion metadata.name"
    for _ in range(10):
        before = len(lines)
        watch = from_version(t, "secrets", newest(t),
                             allowWatchBookmarks="true", timeoutSeconds="4")
        if t.events(watch, 1, shown):
            while t.events(watch, 1, shown) and lines[-1] == lines[-2]:
                lines.pop()
            return
        del lines[before:]
    t.note("ten watches ended without one")


@case("without being asked for no bookmark comes")
def _(t):
    start = newest(t)
    watch = from_version(t, "secrets", start, timeoutSeconds="4")
    t.events(watch, 1)


@case("initial events end with a bookmark that says so")
def _(t):
    t.made("secrets", named("a"))
    watch = t.watch("secrets", sendInitialEvents="true",
                    allowWatchBookmarks="true",
                    resourceVersionMatch="NotOlderThan")
    t.events(watch, 2, "kind metadata.name metadata.annotations data")
    t.made("secrets", named("b"))
    t.events(watch, 1, WHO)


@case("initial events may be declined")
def _(t):
    t.made("secrets", named("a"))
    watch = t.watch("secrets", sendInitialEvents="false",
                    allowWatchBookmarks="true",
                    resourceVersionMatch="NotOlderThan")
    t.made("secrets", named("b"))
    t.events(watch, 1, WHO)


@case("initial events need a match for the version")
def _(t):
    t.watch("secrets", sendInitialEvents="true", allowWatchBookmarks="true")
    t.watch("secrets", sendInitialEvents="true", allowWatchBookmarks="true",
            resourceVersionMatch="Exact")
    t.watch("secrets", resourceVersionMatch="NotOlderThan",
            resourceVersion="1")


@case("initial events are nothing for a list")
def _(t):
    t.get("secrets", sendInitialEvents="true")


@case("a watch may show metadata only")
def _(t):
    start = newest(t)
    t.made("secrets", named("a", stringData={"k": "v"}))
    watch = t.server.watch(
        t.target("secrets", {"watch": "1", "resourceVersion": start}),
        Accept="application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
    t.watches.append(watch)
    t.events(watch, 1, None)


@case("a watch of tables sends their columns once")
def _(t):
    start = newest(t)
    t.made("secrets", named("a"))
    t.made("secrets", named("b"))
    watch = t.server.watch(
        t.target("secrets", {"watch": "1", "resourceVersion": start}),
        Accept="application/json;as=Table;g=meta.k8s.io;v=v1")
    t.watches.append(watch)
    t.events(watch, 2, "kind columnDefinitions.[].name rows.[].cells")


@case("the old path of watches still watches")
def _(t):
    t.made("secrets", named("a"))
    watch = t.watch(f"/api/v1/watch/namespaces/{t.ns}/secrets")
    t.events(watch, 1, WHO)


@case("an equal write is no event")
def _(t):
    start = newest(t)
    watch = from_version(t, "secrets", start)
    t.made("secrets", named("a", stringData={"k": "v"}))
    t.done("PATCH", "secrets/a", {"stringData": {"k": "v"}})
    t.done("PATCH", "secrets/a", {"stringData": {"k": "w"}})
    t.events(watch, 2)


@case("a dry run is no event")
def _(t):
    start = newest(t)
    watch = from_version(t, "secrets", start)
    t.made("secrets", named("a"), dryRun="All")
    t.made("secrets", named("b"))
    t.events(watch, 1, WHO)


@case("a custom object's status is an event")
def _(t):
    start = newest(t, "things.shared")
    watch = from_version(t, "things.shared", start)
    t.made("things.shared", thing("a"))
    t.done("PATCH", "things.shared/a/status", {"status": {"phase": "Up"}})
    t.events(watch, 2, "kind apiVersion metadata.generation status")


def thing(name, **spec):
    return {"apiVersion": "shared.conformance.example/v1", "kind": "Thing",
            "metadata": {"name": name}, "spec": spec}


@case("a watch of a kind ends when the kind goes")
def _(t):
    t.made("customresourcedefinitions",
           definition("gones", "Gone", "Namespaced", t.group))
    t.until("it is served", "gones.own", lambda a: a.ok)
    t.made("gones.own", {"apiVersion": f"{t.group}/v1", "kind": "Gone",
                         "metadata": {"name": "a"}, "spec": {}})
    watch = t.watch("gones.own")
    t.events(watch, 1, WHO)
    t.done("DELETE", f"customresourcedefinitions/gones.{t.group}")
    t.events(watch, 2, WHO)
    t.until_gone("gones.own")


@case("a deleted collection is an event for each object")
def _(t):
    start = newest(t, "leases")
    watch = from_version(t, "leases", start)
    t.made("leases", named("a"))
    t.made("leases", named("b"))
    t.done("DELETE", "leases")
    t.events(watch, 4, WHO)


@case("a watch with a bad selector is refused")
def _(t):
    t.watch("secrets", labelSelector="a in x")
    t.watch("secrets", fieldSelector="data.k=v")
