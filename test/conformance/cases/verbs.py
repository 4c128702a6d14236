"""Verbs, status codes and reasons on whole objects."""

from case import case, named


@case("an absent object is not found")
def _(t):
    t.get("configmaps/none")
    t.put("configmaps/none", named("none"))
    t.patch("configmaps/none", {"data": {"a": "1"}})
    t.delete("configmaps/none")


@case("a created object is answered whole")
def _(t):
    t.post("configmaps", named("a", data={"k": "v"}))
    t.get("configmaps/a")


@case("a name is taken once")
def _(t):
    t.made("configmaps", named("a"))
    t.post("configmaps", named("a"))


@case("a name is needed")
def _(t):
    t.post("configmaps", {"metadata": {}})


@case("a generated name begins as asked")
def _(t):
    t.post("configmaps", {"metadata": {"generateName": "gen-"}})
    t.post("configmaps", {"metadata": {"generateName": "gen-",
                                       "name": "fixed"}})


@case("a name with capitals is refused")
def _(t):
    t.post("configmaps", named("Bad_Name"))


@case("a replaced object keeps its identity")
def _(t):
    made = t.made("configmaps", named("a", data={"k": "v"}))
    t.transcript.shown(made, None)
    t.put("configmaps/a", named("a", data={"k": "w"}))


@case("an equal replacement writes nothing")
def _(t):
    made = t.post("configmaps", named("a", data={"k": "v"})).body
    t.put("configmaps/a", made)
    t.put("configmaps/a", named("a", data={"k": "v"}))


@case("a deleted object is answered with its UID")
def _(t):
    t.post("configmaps", named("a"), show="metadata.uid")
    t.delete("configmaps/a")
    t.get("configmaps/a")


@case("a secret's deletion is answered as a Status")
def _(t):
    t.post("secrets", named("a"))
    t.delete("secrets/a")


@case("an unknown path has no Status")
def _(t):
    t.get("/apis/none.example/v1/things")


@case("an unknown resource of a known group has one")
def _(t):
    t.get("/apis/batch/v1/namespaces/default/nones")


@case("a collection takes no PUT")
def _(t):
    t.put("configmaps", named("a"))
    t.patch("configmaps", {"data": {}})


@case("a named object takes no POST")
def _(t):
    t.post("configmaps/a", named("a"))


@case("a body that is no JSON is a bad request")
def _(t):
    t.post("configmaps", "{not json", show="reason")


@case("a body of another kind is a bad request")
def _(t):
    t.post("configmaps", {"apiVersion": "v1", "kind": "Secret",
                          "metadata": {"name": "a"}})


@case("a body in an unknown format is refused")
def _(t):
    t.post("configmaps", "a", headers={"Content-Type": "text/plain"})


@case("an answer in an unknown format is refused")
def _(t):
    t.get("configmaps/a", headers={"Accept": "text/html"})


@case("a dry run creates nothing")
def _(t):
    t.post("configmaps", named("a"), dryRun="All")
    t.get("configmaps/a")


@case("an unknown kind of dry run is refused")
def _(t):
    t.post("configmaps", named("a"), dryRun="Some")


@case("lists say what they are")
def _(t):
    t.made("secrets", named("b"))
    t.made("secrets", named("a"))
    t.get("secrets")
