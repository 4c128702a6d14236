#include "actors/recorded_readings.hpp"

namespace holystone::actors {

void recorded_readings::learn(const copy_fact& copy,
                              const std::string& repository) {
  if (copy.source.what == copy_source::kind::secret)
    copies_.emplace(copy.source.key,
                    copied{copy.source_uid, copy.source_version, repository});
}

void recorded_readings::learn(const cron_job_seen& cron_job,
                              const std::string& repository) {
  const auto& seen = cron_job.fact;
  const auto& where = cron_job.where;
  if (!seen.ours || seen.key.ns != operator_namespace_
      || cron_job.image != mover_image_)
    return;
  // The hash proves that it is spelt out as it was read.
  if (where && reach_of(*where) == reach::network
      && identify(*where).hex == repository)
    places_.insert_or_assign(repository, *where);
}

std::vector<reading> recorded_readings::all() const {
  std::vector<reading> found;
  for (const auto& [secret, copy] : copies_) {
    auto place = places_.find(copy.repository);
    if (place == places_.end())
      continue;
    reading told;
    told.key = secret;
    told.uid = copy.uid;
    told.version = copy.version;
    told.where = place->second;
    found.push_back(std::move(told));
  }
  return found;
}

} // namespace holystone::actors
