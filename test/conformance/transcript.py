"""What was asked and answered in one case, in words that are the same twice.

UIDs, times, versions and generated names become placeholders, numbered in the
order in which they appear; so what is equal in the answers stays equal here.
"""

import json
import re

UID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
# Versions inside sentences.
VERSIONS = (
    (re.compile(r"(too old resource version: \d+) \(\d+\)"), r"\1 (RV)"),
    (re.compile(r"(Too large resource version: \d+, current:) \d+"),
     r"\1 RV"),
    (re.compile(r"(match the ResourceVersion in record) \(\d+\)"),
     r"\1 (RV)"),
)
LISTED = re.compile("List$|^Table$")
AGE = re.compile(r"^\d+[smhd]$")


def owners(body):
    """Whose the fields are; equal times sort by name, so order says little."""
    out = {}
    for each in body.get("metadata", {}).get("managedFields", []):
        name = " ".join(filter(None, (
            each.get("manager"), each.get("operation"),
            each.get("subresource"), "" if each.get("time") else "untimed")))
        out[name] = each.get("fieldsV1")
    return out


def causes_once(details):
    """Validations that run twice say things twice; conflicts have no order."""
    if "causes" in details:
        texts = {json.dumps(each, sort_keys=True): each
                 for each in details["causes"]}
        order = sorted if "FieldManagerConflict" in str(texts) else list
        details["causes"] = [texts[each] for each in order(texts)]


def at(value, path):
    """What stands at a dotted path; `[]` goes into every item of a list."""
    for number, part in enumerate(path):
        if part == "[]":
            rest = path[number + 1:]
            return [at(each, rest) for each in value or []]
        value = value.get(part) if isinstance(value, dict) else None
    return value


class Transcript:
    """The lines of one case."""

    def __init__(self, names):
        """`names`: what stands for each name that is only this run's."""
        self.lines = []
        self.names = dict(names)
        self.seen = {"UID": {}, "RV": {}}

    def say(self, line):
        """Adds a line; line ends inside become the two letters of theirs."""
        self.lines.append(self.text(line).replace("\n", "\\n"))

    def hide(self, name, placeholder):
        """From here on a name that the cluster made up is called so."""
        self.names[name] = placeholder

    def number(self, sort, value):
        seen = self.seen[sort]
        return f"{sort}{seen.setdefault(value, len(seen) + 1)}"

    def text(self, text):
        for name in sorted(self.names, key=len, reverse=True):
            text = text.replace(name, self.names[name])
        text = UID.sub(lambda m: self.number("UID", m[0]), text)
        text = AGE.sub("AGE", TIME.sub("TIME", text))
        for pattern, words in VERSIONS:
            text = pattern.sub(words, text)
        return text

    def learn(self, value):
        """Generated names are told by the prefix that stands beside them."""
        if isinstance(value, list):
            for each in value:
                self.learn(each)
        elif isinstance(value, dict):
            meta = value.get("metadata")
            if isinstance(meta, dict) and meta.get("generateName") \
                    and meta.get("name", "").startswith(meta["generateName"]):
                self.generated(meta["name"], meta["generateName"])
            for each in value.values():
                self.learn(each)

    def generated(self, name, prefix):
        if name not in self.names:
            alike = [v for v in self.names.values()
                     if v.startswith(prefix + "RANDOM")]
            self.hide(name, f"{prefix}RANDOM{len(alike) + 1}")

    def plain(self, value, versions=True):
        """A JSON value with placeholders."""
        if isinstance(value, list):
            return [self.plain(each) for each in value]
        if isinstance(value, dict):
            is_list = bool(LISTED.search(str(value.get("kind") or "")))
            out = {}
            for name, each in value.items():
                if name == "resourceVersion" and isinstance(each, str):
                    each = self.number("RV", each) if versions else "RV"
                elif name == "continue" and each:
                    each = "CONTINUE"
                else:
                    each = self.plain(each, not (is_list
                                                 and name == "metadata"))
                out[self.text(name)] = each
            return out
        return self.text(value) if isinstance(value, str) else value

    def shown(self, body, show):
        """An object for the transcript: all but managedFields, or parts.

        A part is a dotted path, or `owners`: who manages which fields.
        """
        self.learn(body)
        if show is None:
            return self.written(without_managers(body))
        if isinstance(show, str):
            show = show.split()
        parts = {path: owners(body) if path == "owners"
                 else at(body, path.split(".")) for path in show}
        if parts.get("metadata.continue"):
            parts["metadata.continue"] = "CONTINUE"
        if "metadata.resourceVersion" in parts:
            version = parts["metadata.resourceVersion"]
            parts["metadata.resourceVersion"] = self.number("RV", version)
        return self.written({k: v for k, v in parts.items() if v is not None})

    def written(self, value):
        return json.dumps(self.plain(value), sort_keys=True,
                          ensure_ascii=False, separators=(", ", ": "))

    def failure(self, body):
        """A Status in a line; causes whose words stand in it say them once."""
        body = json.loads(json.dumps(body))
        causes_once(body.get("details", {}))
        for each in body.get("details", {}).get("causes", []):
            if each.get("message", "") in body.get("message", ""):
                each.pop("message", None)
        extra = {k: v for k, v in body.items()
                 if k not in ("kind", "apiVersion", "status", "message",
                              "reason", "code", "metadata")}
        if body.get("metadata"):
            extra["metadata"] = body["metadata"]
        if body.get("status") not in (None, "Failure"):
            extra["status"] = body["status"]
        return " ".join(filter(None, (
            body.get("reason", ""), self.text(body.get("message", "")),
            self.written(extra) if extra else "")))


def without_managers(value):
    if isinstance(value, list):
        return [without_managers(each) for each in value]
    if isinstance(value, dict):
        return {k: without_managers(v) for k, v in value.items()
                if k != "managedFields"}
    return value
