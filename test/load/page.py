"""The web page in a real browser while it shows all repositories: how soon it
paints, sorts, and follows a change. Needs Debian's chromium and its driver.
"""

import os
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../web"))
from browser import Browser  # noqa: E402

SOURCES = "/apis/volsync.backube/v1alpha1/namespaces/{}/replicationsources/{}"
PAINT = """const [one] = performance.getEntriesByName('first-contentful-paint');
  return one && one.startTime"""
# Until the order is drawn: reading a size makes the browser lay it out.
SORT = """const sorted = [];
  for (const button of document.querySelectorAll('[data-key] button')) {
    const began = performance.now();
    button.click();
    document.getElementById('rows').getBoundingClientRect();
    sorted.push(performance.now() - began);
  }
  return sorted"""
FIND = """const search = document.getElementById('search');
  search.value = arguments[0]; search.dispatchEvent(new Event('input'));
  return [...document.querySelectorAll('.row')].map(
    row => [row.children[1].textContent, row.children[3].textContent])"""
SHOWN = """return document.querySelector('.row').children[3].textContent
  === arguments[0]"""
# No KopiaMaintenance has these, so that a source sets the schedule.
CHANGED = (1, 2, 3, 4, 6)


def look(one):
    """Milliseconds of a `Measurement` that has its repositories."""
    with Browser() as window:
        window.open(f"http://{one.operator.inspection()}/")
        began = time.monotonic()
        window.wait("all are there", """return document.getElementById('sums')
          .textContent.startsWith(arguments[0] + ' repositories')""",
                    str(one.repositories))
        found = {"page_paint_ms": window.wait("it has painted", PAINT),
                 "page_whole_ms": (time.monotonic() - began) * 1e3,
                 "page_sort_ms": max(window.run(SORT))}
        follows = []
        for number in CHANGED:
            claim, before = window.run(FIND, f"bucket-{number:05}")[0]
            schedule = f"{number} 1 1 1 *"
            if before == schedule:
                raise AssertionError(f"{claim} has {schedule} already")
            began = time.monotonic()
            one.cluster.call(
                "PATCH", SOURCES.format(*claim.split("/")),
                {"spec": {"kopia": {"maintenanceCronJob": {
                    "schedule": schedule}}}}, "application/merge-patch+json")
            window.wait("the change is shown", SHOWN, schedule)
            follows.append((time.monotonic() - began) * 1e3)
        found["page_follow_ms"] = max(follows)
        return found
