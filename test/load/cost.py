"""What one more repository costs in memory."""


def cost_kb(point, least):
    """In kB, by what is there at rest; the smallest cluster is nearly none.

    At rest after a restart on the unchanged cluster, with whatever history it
    has. A peak would not do: in a small cluster it is the start's own, not that
    of repositories.
    """
    return ((point["steady_rss_mb"] - least["steady_rss_mb"]) * 1000
            / (point["repositories"] - least["repositories"]))
