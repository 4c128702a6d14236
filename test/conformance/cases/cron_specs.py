"""What is judged when a CronJob is made or changed."""

from case import case
from cron_jobs import YEARLY, cron

JUDGED = {
    "a schedule of nonsense": {"schedule": "sometimes"},
    "an empty schedule": {"schedule": ""},
    "a schedule with a zone": {"schedule": "CRON_TZ=UTC 0 1 * * *"},
    "a schedule with TZ": {"schedule": "TZ=UTC 0 1 * * *"},
    "a schedule of six fields": {"schedule": "0 0 1 1 * *"},
    "a schedule by name": {"schedule": "@hourly"},
    "a schedule of intervals": {"schedule": "@every 1h"},
    "a minute that is none": {"schedule": "61 * * * *"},
    "a month by name": {"schedule": "0 0 1 jan mon"},
    "a zone": {"timeZone": "Europe/Berlin"},
    "a zone that is none": {"timeZone": "Nowhere/City"},
    "an empty zone": {"timeZone": ""},
    "the local zone": {"timeZone": "Local"},
    "a zone with a blank": {"timeZone": "Europe/ Berlin"},
    "an unknown policy": {"concurrencyPolicy": "Perhaps"},
    "a negative deadline": {"startingDeadlineSeconds": -1},
    "a negative limit": {"successfulJobsHistoryLimit": -1},
    "a negative failure limit": {"failedJobsHistoryLimit": -1},
}


def enter_judged(words, spec):
    @case(f"a CronJob with {words} is judged")
    def _(t):
        t.post("cronjobs", cron(**{"schedule": YEARLY, **spec}),
               show="reason" if "none" in words and "minute" in words
               else "spec.schedule spec.timeZone")


for each in JUDGED.items():
    enter_judged(*each)


@case("a CronJob's name leaves room for the slot")
def _(t):
    t.post("cronjobs", cron("a" * 52, YEARLY), show="metadata.name")
    t.post("cronjobs", cron("a" * 53, YEARLY))


@case("a schedule may not come to hold a zone")
def _(t):
    t.made("cronjobs", cron(schedule=YEARLY))
    t.patch("cronjobs/a", {"spec": {"schedule": "TZ=UTC 0 1 * * *"}})


@case("a CronJob's generation counts its edits")
def _(t):
    t.made("cronjobs", cron(schedule=YEARLY, suspend=True))
    t.patch("cronjobs/a", {"spec": {"schedule": "0 0 2 1 *"}},
            show="metadata.generation")
    t.patch("cronjobs/a", {"metadata": {"labels": {"a": "b"}}},
            show="metadata.generation")
    t.patch("cronjobs/a/status", {"status": {
        "lastScheduleTime": "2026-01-01T00:00:00Z"}},
        show="metadata.generation status")
