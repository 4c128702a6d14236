#pragma once

// Cron texts as kube-controller-manager reads them: the grammar of
// robfig/cron v3 `ParseStandard`, with every one of its quirks, because a
// schedule that we accept, display or alert on must mean what the CronJob
// controller makes of it. It is not a better cron, and it computes no instants
// (timeline.hpp does). Everybody who sees a schedule of a user calls it.
//
//   auto spec = resolve_hashed("H H(1-5) * * *", repository_hash);
//   auto schedule = parse_cron(*spec);

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/result.hpp"
#include "scheduler/timeline.hpp"

namespace holystone::scheduler {

/// The values that one field of a schedule admits.
struct cron_field {
  /// Bit n is set when the value n is admitted; no bit means "never".
  std::uint64_t values = 0;
  /// Does `*` or `?` (also as `*/1`) stand in the field? Decides whether the
  /// two day fields are joined by "and" or by "or".
  bool has_star = false;

  /// Is `value` admitted?
  bool admits(unsigned value) const noexcept {
    return (values >> value & 1U) != 0;
  }

  friend bool operator==(const cron_field&, const cron_field&) = default;
};

/// A parsed schedule; a plain value.
struct cron_schedule {
  cron_field minute;
  cron_field hour;
  cron_field day_of_month;
  cron_field month;
  cron_field day_of_week;
  /// Set for `@every`; the fields are unused then.
  std::optional<std::chrono::seconds> every;
  /// Set by a `TZ=` or `CRON_TZ=` prefix; wins over any other zone.
  std::optional<time_zone> zone;
};

/// Parses what the CronJob controller would accept; an error names the field,
/// its value and the allowed range. `H` must have been resolved before.
result<cron_schedule> parse_cron(std::string_view text);

/// Replaces each `H` item (`H`, `H/n`, `H(a-b)`, `H(a-b)/n` in minute, hour
/// and day of month) by numbers drawn evenly from the 16 hex digits of a
/// repository hash; a text without `H` comes back unchanged.
result<std::string> resolve_hashed(std::string_view text,
                                   std::string_view hash_hex);

/// Does the text hold an `H` item, so that it means nothing without a hash?
bool is_hashed(std::string_view text);

/// A cron text split from its zone, as a CronJob wants it: the API server
/// refuses a `schedule` that contains `TZ`.
struct zoned_spec {
  std::string spec;
  /// Empty without a prefix; "UTC" for an empty prefix.
  std::string zone;
};

/// Moves a `TZ=` or `CRON_TZ=` prefix into a zone name; checks neither.
result<zoned_spec> split_zone(std::string_view text);

} // namespace holystone::scheduler
