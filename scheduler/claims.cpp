#include "scheduler/claims.hpp"

#include "scheduler/cron.hpp"
#include "scheduler/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace holystone::scheduler {

namespace {

constexpr std::string_view source_kind = "ReplicationSource";
constexpr std::string_view kopia_maintenance = "KopiaMaintenance";

/// The limit of the conflict annotation; all annotations share 256 KiB.
constexpr std::size_t conflict_limit = 4096;

/// More than ten years is never, and must not overflow an instant.
constexpr int most_interval_days = 3650;

/// The limit of a label value.
constexpr std::size_t label_limit = 63;

/// Keeps the characters that `keep` names and trims `ends`.
std::string sanitised(std::string_view text, std::string_view keep,
                      std::string_view ends, bool dashes_for_underscores) {
  std::string kept;
  for (auto c : text) {
    auto is_alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9');
    if (is_alnum || keep.find(c) != keep.npos)
      kept += c;
    else if (c == '_' && dashes_for_underscores)
      kept += '-';
  }
  auto from = kept.find_first_not_of(ends);
  if (from == kept.npos)
    return {};
  return kept.substr(from, kept.find_last_not_of(ends) - from + 1);
}

bool wants_other_times(const claim& loser, const claim& winner) {
  return loser.settings.schedule != winner.settings.schedule
         || loser.settings.time_zone != winner.settings.time_zone;
}

/// Who asks for no quick runs of its own has nothing against somebody else's.
bool wants_other_quick_runs(const claim& loser, const claim& winner) {
  const auto& wanted = loser.settings.quick_schedule;
  return !wanted.empty() && wanted != winner.settings.quick_schedule;
}

bool older(const claim& a, const claim& b) {
  return std::tie(a.created, a.who.object, a.who.kind)
         < std::tie(b.created, b.who.object, b.who.kind);
}

} // namespace

std::string to_string(const claim_key& key) {
  return fmt::format("{} {}",
                     key.kind == claim_kind::replication_source
                         ? source_kind
                         : kopia_maintenance,
                     to_string(key.object));
}

std::optional<claim_key> parse_claim_key(std::string_view text) {
  auto blank = text.find(' ');
  auto slash = text.find('/');
  if (blank == text.npos || slash == text.npos || slash < blank)
    return std::nullopt;
  auto kind = text.substr(0, blank);
  if (kind != source_kind && kind != kopia_maintenance)
    return std::nullopt;
  return claim_key{kind == source_kind ? claim_kind::replication_source
                                       : claim_kind::kopia_maintenance,
                   {std::string{text.substr(blank + 1, slash - blank - 1)},
                    std::string{text.substr(slash + 1)}}};
}

const pod_wishes& pods_of(const maintenance_settings& settings) {
  static const pod_wishes all_defaults;
  return settings.pods ? *settings.pods : all_defaults;
}

const std::string& schedule_of(const maintenance_settings& settings,
                               maintenance_kind kind) {
  return kind == maintenance_kind::full ? settings.schedule
                                        : settings.quick_schedule;
}

void take_zone(maintenance_settings& wanted) {
  auto full = split_zone(wanted.schedule);
  if (!full || full->zone.empty())
    return;
  wanted.schedule = full->spec;
  wanted.time_zone = full->zone;
  auto quick = split_zone(wanted.quick_schedule);
  if (quick && quick->zone == full->zone)
    wanted.quick_schedule = quick->spec;
}

std::optional<maintenance_settings>
effective_settings(const embedded_maintenance& given,
                   const claim_defaults& defaults) {
  maintenance_settings wanted;
  wanted.time_zone = defaults.time_zone;
  if (const auto& block = given.block) {
    if (!block->enabled.value_or(true))
      return std::nullopt;
    if (!block->schedule.empty())
      wanted.schedule = block->schedule;
    wanted.quick_schedule = block->quick_schedule;
    if (block->time_zone.empty())
      take_zone(wanted);
    else
      wanted.time_zone = block->time_zone;
    wanted.suspend = block->suspend.value_or(false);
    wanted.successful_jobs_history_limit
        = block->successful_jobs_history_limit.value_or(
            wanted.successful_jobs_history_limit);
    wanted.failed_jobs_history_limit
        = block->failed_jobs_history_limit.value_or(
            wanted.failed_jobs_history_limit);
    if (block->has_resources) {
      wanted.requests = block->requests;
      wanted.limits = block->limits;
    }
    return wanted;
  }
  if (given.interval_days) {
    if (*given.interval_days <= 0)
      return std::nullopt;
    wanted.interval_days = std::min(*given.interval_days, most_interval_days);
    return wanted;
  }
  if (!defaults.maintain_by_default)
    return std::nullopt;
  return wanted;
}

std::string backup_identity(const object_key& source, std::string_view username,
                            std::string_view hostname) {
  constexpr std::string_view nobody = "volsync-default";
  std::string user{username};
  if (user.empty())
    user = sanitised(source.name, "-_", "-_", false).substr(0, 50);
  std::string host{hostname};
  if (host.empty())
    host = sanitised(source.ns, "-.", "-.", true);
  if (host.empty())
    host = sanitised(source.name, "-.", "-.", true);
  return fmt::format("{}@{}", user.empty() ? nobody : user,
                     host.empty() ? nobody : host);
}

std::optional<trouble> check_settings(const maintenance_settings& settings,
                                      const field_names& fields) {
  auto refuse = [](std::string_view field, const error& why) {
    return trouble{"Error", fmt::format("{}: {}", field, why.message)};
  };
  for (auto kind : maintenance_kinds) {
    const auto& given = schedule_of(settings, kind);
    if (kind == maintenance_kind::quick && given.empty())
      continue;
    auto field = kind == maintenance_kind::full ? fields.schedule
                                                : fields.quick_schedule;
    // Any hash will do: H is right or wrong whatever it stands for.
    auto text = resolve_hashed(given, "0123456789abcdef");
    if (!text)
      return refuse(field, text.why());
    auto schedule = parse_cron(*text);
    if (!schedule)
      return refuse(field, schedule.why());
    if (schedule->zone)
      return refuse(field,
                    error{fmt::format("\"{}\": timeZone is the zone of both "
                                      "schedules; name it there and remove the "
                                      "prefix",
                                      given)});
  }
  auto zone = find_zone(settings.time_zone);
  if (!zone)
    return refuse(fields.time_zone, zone.why());
  return std::nullopt;
}

const claim* elect(const claim_list& claims,
                   const std::optional<claim_key>& incumbent) {
  const claim* best = nullptr;
  auto rank = [&](const claim& c) {
    // Smaller wins: kind first, then the incumbent, then age.
    return std::pair{c.who.kind != claim_kind::kopia_maintenance,
                     !(incumbent && c.who == *incumbent)};
  };
  for (const auto* c : claims) {
    if (c->defect || !is_scheduled(*c))
      continue;
    if (!best || rank(*c) < rank(*best)
        || (rank(*c) == rank(*best) && older(*c, *best)))
      best = c;
  }
  return best;
}

bool is_overruled(const claim& loser, const claim& winner) {
  return loser.who != winner.who && is_scheduled(loser)
         && (loser.says_when
             || winner.who.kind == claim_kind::replication_source)
         && (wants_other_times(loser, winner)
             || wants_other_quick_runs(loser, winner));
}

claim_list conflicting(const claim_list& claims, const claim& winner) {
  claim_list losers;
  for (const auto* c : claims)
    if (is_overruled(*c, winner))
      losers.push_back(c);
  std::ranges::sort(losers, {}, [](const claim* c) { return c->who; });
  return losers;
}

std::string conflict_text(const claim_list& claims, const claim& winner) {
  std::vector<std::string> entries;
  auto add = [&](std::string_view what, const std::string& schedule,
                 const claim& by) {
    entries.push_back(fmt::format("{} '{}' requested by {} (rejected - "
                                  "first-wins strategy)",
                                  what, schedule, to_string(by.who)));
  };
  for (const auto* c : conflicting(claims, winner)) {
    if (wants_other_times(*c, winner))
      add("Schedule", c->settings.schedule, *c);
    if (wants_other_quick_runs(*c, winner))
      add("Quick schedule", c->settings.quick_schedule, *c);
  }
  std::ranges::sort(entries);
  // Room for the longest tail, so that the cut never exceeds the limit.
  constexpr std::size_t tail = sizeof(" ... and 4294967295 more");
  std::string text;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto separator = text.empty() ? "" : "; ";
    auto last = i + 1 == entries.size();
    if (text.size() + entries[i].size() + 2 + (last ? 0 : tail)
        > conflict_limit)
      return fmt::format("{} ... and {} more", text, entries.size() - i);
    text += separator;
    text += entries[i];
  }
  return text;
}

std::vector<std::string> source_namespaces(const claim_list& claims) {
  std::set<std::string> names;
  for (const auto* c : claims)
    names.insert(c->who.object.ns);
  return {names.begin(), names.end()};
}

std::string namespaces_label(const std::vector<std::string>& namespaces) {
  auto joined = fmt::format("{}", fmt::join(namespaces, "_"));
  if (joined.size() <= label_limit)
    return joined;
  for (auto kept = namespaces.size() - 1; kept > 0; --kept) {
    auto text = fmt::format(
        "{}_and-{}-more",
        fmt::join(namespaces.begin(),
                  namespaces.begin() + static_cast<std::ptrdiff_t>(kept), "_"),
        namespaces.size() - kept);
    if (text.size() <= label_limit)
      return text;
  }
  // A namespace has at most 63 characters, but not beside the suffix.
  return fmt::format("{}-namespaces", namespaces.size());
}

} // namespace holystone::scheduler
