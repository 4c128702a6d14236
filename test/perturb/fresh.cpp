#include "fresh.hpp"

#include "../actors/recorded.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"

#include <algorithm>
#include <set>

namespace holystone::perturb {

namespace json = boost::json;
using namespace k8s_io;
using namespace std::chrono_literals;

namespace {

/// Keeps what is recorded of a CronJob and spoils what follows from claims.
void spoil_cron_job(json::value& object) {
  if (auto* spec = member(object, {"spec"}))
    spec->as_object()["successfulJobsHistoryLimit"] = 77;
  if (auto* spec = member(object, {"spec", "jobTemplate", "spec"}))
    spec->as_object()["activeDeadlineSeconds"] = 77;
  if (auto* pod
      = member(object, {"spec", "jobTemplate", "spec", "template", "spec"}))
    pod->as_object().erase("securityContext");
}

/// Does it claim anything? Who does no more keeps what was told last.
bool is_claim(const json::value& object) {
  auto kind = text_at(object, "kind");
  return kind == "KopiaMaintenance"
         || (kind == "ReplicationSource" && find(object, "spec", "kopia"));
}

/// What our operator told a claim's users and can tell again.
void spoil_conditions(json::value& object) {
  if (auto* conditions = member(object, {"status", "conditions"}))
    for (auto& one : conditions->as_array())
      one.as_object()["message"] = "?";
}

/// An object that is on its way out is mended by nobody.
bool is_going(const json::value& object) {
  return !text_at(object, "metadata", "deletionTimestamp").empty();
}

/// What the fresh cluster is given.
objects recorded(const objects& all) {
  std::set<std::string> claims;
  std::set<std::string> told;
  for (const auto& object : all) {
    claims.insert(name_of(object));
    told.insert(text_at(object, "status", "kopia", "maintenanceCronJob"));
  }
  const auto maintained = in_force(all);
  objects kept;
  for (auto object : all) {
    const auto kind = text_at(object, "kind");
    if (is_operators_lease(object))
      continue;
    if (kind == "CronJob") {
      auto winner = text_at(object, "metadata", "annotations", names::winner);
      // A copy that somebody made of it has another name.
      auto hash = text_at(object, "metadata", "labels", names::location_hash);
      auto is_ours
          = text_at(object, "metadata", "labels", names::kopia_maintenance)
                == "true"
            && text_at(object, "metadata", "name").ends_with(hash);
      // While others stand by that can't be used it stays as the winner left
      // it.
      auto is_orphan = !claims.contains(winner)
                       && !told.contains(text_at(object, "metadata", "name"));
      if (is_ours && !winner.empty() && is_orphan)
        continue;
      if (!is_going(object)
          && maintained.contains(winner + text_at(object, "metadata", "name")))
        spoil_cron_job(object);
    }
    if (!is_going(object) && is_claim(object))
      spoil_conditions(object);
    kept.push_back(std::move(object));
  }
  return kept;
}

/// Jobs and what is told of them are the controllers', which have lost sight of
/// their nodes here. A copy is written whole, because its source has another
/// version here, and what strangers put beside is lost.
bool is_others(const std::string& path) {
  return path.starts_with("Job ")
         || (path.starts_with("CronJob ") && path.find("/status/") != path.npos)
         || (path.starts_with("Secret ")
             && path.find("/metadata/") != path.npos);
}

} // namespace

std::string unlike_fresh(play& at_rest) {
  const auto all = at_rest.on.world.contents();
  play other{empty_story(), at_rest.is_verbose(), 2};
  other.on.world.now = at_rest.on.world.now;
  other.on.world.become(recorded(all), at_rest.on.world);
  other.through.on_answer
      = [&](process&, const request& asked, const response& answer) {
          if (answer.ok() && is_write(asked))
            ++other.writes[words_of(asked)];
        };
  auto options = at_rest.us().options;
  options.clock_offset = 0s;
  options.terms = {60s, 40s, 10s};
  other.start(std::move(options));
  auto rests = other.comes_to_rest();
  for (const auto& line : other.transcript)
    at_rest.note("fresh cluster: " + line);
  if (!rests)
    return "a fresh operator does not come to rest";
  auto chain = picture_of(at_rest.on.world.contents());
  auto fresh = picture_of(other.on.world.contents());
  for (auto* one : {&chain, &fresh})
    std::erase_if(*one, [](const auto& part) { return is_others(part.first); });
  return difference(chain, fresh);
}

} // namespace holystone::perturb
