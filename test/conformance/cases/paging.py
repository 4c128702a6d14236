"""Lists: pages, versions, selectors, forms."""

import urllib.parse

from case import case, named

NAMES = "items.[].metadata.name metadata.continue metadata.remainingItemCount"
FAR = "999999999999"


def fill(t, count=5, kind="secrets", labels=None):
    for number in range(count):
        t.made(kind, {"metadata": {"name": f"s{number}",
                                   "labels": labels or {}}})


def token(answer):
    return answer.body["metadata"]["continue"]


def go_on(t, path, after, **more):
    """The next page; what the token looks like is the server's matter."""
    text = token(after)
    t.transcript.hide(text, "CONTINUE")
    t.transcript.hide(urllib.parse.quote_plus(text), "CONTINUE")
    return t.get(path, **{"continue": text}, **more)


@case("a list comes in pages")
def _(t):
    fill(t)
    first = t.get("secrets", limit="2", show=NAMES)
    second = go_on(t, "secrets", first, limit="2", show=NAMES)
    go_on(t, "secrets", second, limit="2", show=NAMES)


@case("a limit as large as the list gives it whole")
def _(t):
    fill(t, 2)
    t.get("secrets", limit="2", show=NAMES)
    t.get("secrets", limit="0", show=NAMES)


@case("pages show the state of the first")
def _(t):
    fill(t, 3)
    first = t.get("secrets", limit="1", show=NAMES)
    t.made("secrets", named("s0a"))
    t.done("DELETE", "secrets/s2")
    second = go_on(t, "secrets", first, show=NAMES)
    t.note("both have one version", first.body["metadata"]["resourceVersion"]
           == second.body["metadata"]["resourceVersion"])


@case("a page of selected objects does not count the rest")
def _(t):
    fill(t, 2, labels={"of": "x"})
    t.made("secrets", {"metadata": {"name": "z", "labels": {"of": "x"}}})
    first = t.get("secrets", limit="1", labelSelector="of=x", show=NAMES)
    go_on(t, "secrets", first, limit="9", labelSelector="of=x", show=NAMES)


@case("a token that is none is a bad request")
def _(t):
    t.get("secrets", **{"continue": "nonsense"}, show="reason")


@case("a token and a version do not go together")
def _(t):
    fill(t, 2)
    first = t.get("secrets", limit="1", show=NAMES)
    go_on(t, "secrets", first, resourceVersion="5", show="reason")


def reaches_the_cache(t, written):
    """A list that must not be older waits for the cache."""
    t.done("GET", "secrets", resourceVersionMatch="NotOlderThan",
           resourceVersion=written["metadata"]["resourceVersion"])


@case("a list from the cache has no pages")
def _(t):
    fill(t, 3)
    reaches_the_cache(t, t.found("secrets"))
    t.get("secrets", limit="1", resourceVersion="0", show=NAMES)


@case("a list not older than a version is at least as new")
def _(t):
    fill(t, 1)
    made = t.made("secrets", named("z"))
    at = made["metadata"]["resourceVersion"]
    t.transcript.hide(f"resourceVersion={at}", "resourceVersion=RV")
    found = t.get("secrets", resourceVersion=at, show=NAMES,
                  resourceVersionMatch="NotOlderThan")
    t.note("it is at least as new",
           int(found.body["metadata"]["resourceVersion"]) >= int(at))


@case("a list of an exact version shows that state")
def _(t):
    fill(t, 1)
    made = t.made("secrets", named("z"))
    at = made["metadata"]["resourceVersion"]
    t.done("DELETE", "secrets/z")
    t.transcript.hide(f"resourceVersion={at}", "resourceVersion=RV")
    found = t.get("secrets", resourceVersion=at, show=NAMES,
                  resourceVersionMatch="Exact")
    t.note("it has that version",
           found.body["metadata"]["resourceVersion"] == at)


@case("a list from a version yet to come is refused")
def _(t):
    t.get("secrets", resourceVersion=FAR,
          resourceVersionMatch="NotOlderThan", show="reason")


@case("a list of exactly a version yet to come is refused")
def _(t):
    t.get("secrets", resourceVersion=FAR, resourceVersionMatch="Exact",
          show="reason")


@case("an object may be read from the cache")
def _(t):
    reaches_the_cache(t, t.made("secrets", named("a")))
    t.get("secrets/a", resourceVersion="0", show="metadata.name")


@case("a version match needs a version")
def _(t):
    t.get("secrets", resourceVersionMatch="Exact")


@case("a version match is one of two")
def _(t):
    t.get("secrets", resourceVersionMatch="Nearly", resourceVersion="1")
    t.get("secrets", resourceVersionMatch="Exact", resourceVersion="0")


@case("a version of a list is a number")
def _(t):
    t.get("secrets", resourceVersion="soon", show="reason")


@case("a limit is a number")
def _(t):
    fill(t, 1)
    t.get("secrets", limit="many", show="reason")
    t.get("secrets", limit="-1", show="reason")


@case("a list of all namespaces names them")
def _(t):
    t.made("leases", {"metadata": {"name": "a", "labels": {"of": t.ns}}})
    t.get("all:leases", labelSelector=f"of={t.ns}",
          show="kind items.[].metadata.namespace items.[].metadata.name")


@case("a list of an absent namespace is empty")
def _(t):
    t.get("other:secrets", show="kind items")


SELECTORS = ("of=x", "of==x", "of!=x", "of in (x,y)", "of notin (x,y)",
             "of", "!of", "of=x,also", "of in (x),!also", "of=", "=x",
             "of=x y",
             "of in x", "of>3", "Of_Bad!=", "a/b/c=d", "of=x,,also",
             "number>3", "number<3")


def enter_selector(selector):
    @case(f"a list is selected by the labels '{selector}'")
    def _(t):
        for name, labels in (("a", {"of": "x"}), ("c", {}),
                             ("b", {"of": "y", "also": "", "number": "5"})):
            t.made("leases", {"metadata": {"name": name, "labels": labels}})
        t.get("leases", labelSelector=selector,
              show="items.[].metadata.name")


for each in SELECTORS:
    enter_selector(each)

FIELDS = (("secrets", "metadata.name=a"), ("secrets", "metadata.name!=a"),
          ("secrets", "type=Opaque"), ("secrets", "type=none"),
          ("secrets", "data.k=v"), ("secrets", "metadata.name"),
          ("secrets", "metadata.labels=x"),
          ("pods", "spec.nodeName="), ("pods", "status.phase=Pending"),
          ("pods", "status.phase!=Pending,metadata.name=a"),
          ("pods", "spec.restartPolicy=Always"),
          ("jobs", "status.successful=0"), ("jobs", "spec.suspend=true"),
          ("things.shared", "metadata.name=a"),
          ("things.shared", "spec.text=x"),
          ("events", "involvedObject.name=a"), ("events", "reason=Test"),
          ("namespaces", "status.phase=none"), ("nodes", "metadata.name=none"))


def enter_field(kind, selector):
    @case(f"a list of {kind} is selected by the fields '{selector}'")
    def _(t):
        if kind == "secrets":
            fill(t, 1)
            t.made(kind, named("a"))
        if kind == "pods":
            t.made(kind, named("a", spec={"containers": [
                {"name": "a", "image": "i"}]}))
        t.get(kind, fieldSelector=selector, show="items.[].metadata.name")


for each in FIELDS:
    enter_field(*each)

PARTIAL = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"


@case("an object may show its metadata only")
def _(t):
    t.made("secrets", named("a", stringData={"k": "v"}))
    t.get("secrets/a", headers={"Accept": PARTIAL.format("")})


@case("a list may show metadata only")
def _(t):
    t.made("secrets", named("a", stringData={"k": "v"}))
    t.get("secrets", headers={"Accept": PARTIAL.format("List")})


@case("the first form that can be served is taken")
def _(t):
    t.made("secrets", named("a"))
    t.get("secrets/a", show="kind", headers={
        "Accept": PARTIAL.format("").replace("v1", "v9")
        + ",application/json"})


@case("a custom list names the kind of its items")
def _(t):
    t.made("things.shared", {
        "apiVersion": "shared.conformance.example/v1", "kind": "Thing",
        "metadata": {"name": "a"}, "spec": {"text": "x"}})
    t.get("things.shared")
