"""What people ask Prometheus about holystone."""

# Of the fork's manual, word for word.
MANUAL = """
sum(rate(volsync_kopia_maintenance_operations_total[1h])) by (repository)
/
(sum(rate(volsync_kopia_maintenance_operations_total[1h])) by (repository)
+ sum(rate(volsync_kopia_maintenance_cronjob_failures_total[1h])) by (repository))

time() - volsync_kopia_maintenance_last_run_timestamp_seconds

histogram_quantile(0.95,
  rate(volsync_kopia_maintenance_duration_seconds_bucket[1d])
)

rate(volsync_kopia_repository_size_bytes[1d])

changes(volsync_kopia_maintenance_last_run_timestamp_seconds[5m]) > 0

rate(volsync_kopia_maintenance_duration_seconds[1d])

maintenance_cronjob_created_total

maintenance_duration_seconds

maintenance_success_total

maintenance_failure_total
""".strip().split("\n\n")
