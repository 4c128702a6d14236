"""The page about KopiaMaintenance: manual triggers.

Part of `seed_pages`; what is on a schedule is in `seed_resource` and
`seed_resource_ways`.
"""

import copy

from seed_resource import (apply, folder, goes, has_its_cron_job, own_cache,
                           place, prepare, ready, status)
from seed_resource_ways import named


def both_triggers(story, lines, examples):
    """A scheduled and a manual object of one repository."""
    c = story.cluster
    scheduled = named(examples, "production", "scheduled-maintenance")
    by_hand = named(examples, "production", "manual-maintenance")
    at = {"namespace": "production", "name": "manual-maintenance"}
    # Without the edits that were made to it meanwhile.
    goes(story, scheduled)
    apply(story, scheduled)
    apply(story, by_hand)
    has_its_cron_job(story, scheduled)
    ready(story, by_hand, "MaintenanceDisabled")
    by_hand["spec"]["enabled"] = True
    apply(story, by_hand)
    c.eventually("enabled, it runs", lambda: status(story, by_hand).get(
        "lastManualSync") == "on-demand-1")
    c.holds("the script waits for its run", "Maintenance completed"
            in lines.run("trigger and wait"))
    lines.run("trigger from a pipeline", value="jenkins-7")
    c.eventually("the pipeline sees the end", lambda: lines.run(
        "end for a pipeline") == "jenkins-7")
    c.equal("the trigger", lines.run("manual trigger", **at), "jenkins-7")
    c.equal("the whole trigger", lines.run("trigger", **at),
            '{"manual":"jenkins-7"}')
    # kubectl prints the page's \\n as it stands there.
    c.holds("trigger and end", lines.run("trigger and its end", **at)
            .startswith("jenkins-7 -> jenkins-7"))
    c.holds("the trigger in YAML", "manual: jenkins-7" in lines.run(
        "trigger in yaml", **at))
    has_its_cron_job(story, scheduled)


def maintained(story, thing, tag):
    """The tag was done, and by a Job of the page's name."""
    c = story.cluster
    c.eventually(f"{tag} is done",
                 lambda: status(story, thing).get("lastManualSync") == tag)
    ready(story, thing, "ManualComplete")
    c.equal("no CronJob for a manual one",
            status(story, thing).get("activeCronJob", ""), "")


def cache_is_made(story, namespace, claim):
    c = story.cluster
    c.eventually("its cache is made",
                 lambda: c.get("pvc", claim, "-n", namespace))
    folder(story, namespace, claim, "20Gi")
    story.world.bind(namespace, claim)


def manual(story, examples):
    """The two manifests that run at once."""
    for thing in examples:
        tag = thing["spec"].get("trigger", {}).get("manual")
        if tag and thing["spec"].get("enabled", True):
            thing = copy.deepcopy(thing)
            tag = thing["spec"]["trigger"]["manual"] = tag.replace(
                "${CI_COMMIT_SHA}", "0123abc")
            prepare(story, thing)
            apply(story, thing)
            if "cacheCapacity" in thing["spec"]:
                cache_is_made(story, place(thing), own_cache(thing))
            maintained(story, thing, tag)
            goes(story, thing)


def tell(story, lines, examples):
    both_triggers(story, lines, examples)
    for name in ("scheduled-maintenance", "manual-maintenance"):
        story.cluster.run("delete", "kopiamaintenance", name, "-n",
                          "production")
    manual(story, examples)
