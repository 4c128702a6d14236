#include "actors/recorded_places.hpp"

#include "scheduler/object_names.hpp"

namespace holystone::actors {

namespace {

/// What the last of the pairs with this first half leads to: a second copy of
/// a Secret, which a move has made, has the longer name.
template <class Map, class Key>
std::string last_under(const Map& map, const Key& key) {
  kept<std::string> last;
  for (auto i = map.lower_bound({key, {}});
       i != map.end() && i->first.first == key; ++i)
    last = i->second;
  return last.open();
}

} // namespace

void recorded_places::forget_copy(const object_key& copy) {
  for (auto i = copies_.begin(); i != copies_.end();)
    i = i->first.second == copy ? copies_.erase(i) : std::next(i);
}

void recorded_places::learn(const cron_job_fact& cron_job,
                            const std::string& repository) {
  const auto& key = cron_job.key;
  forget_cron_job(key);
  if (!cron_job.ours)
    return;
  if (!parse_cron_job_name(key.name))
    named_[key.name] = repository;
  // Who may write to a namespace can't place the claims of another one.
  if (cron_job.winner && cron_job.winner->object.ns == key.ns) {
    kept<object_key> name{key};
    kept<claim_key> winner{*cron_job.winner};
    won_.insert_or_assign({winner, name}, kept{repository});
    winners_.insert_or_assign(name, winner);
  }
}

std::optional<claim_key>
recorded_places::forget_cron_job(const object_key& cron_job) {
  named_.erase(cron_job.name);
  auto found = winners_.find(cron_job);
  if (found == winners_.end())
    return std::nullopt;
  auto winner = found->second;
  won_.erase({winner, found->first});
  winners_.erase(found);
  return winner.open();
}

std::string recorded_places::of_secret(const object_key& source) const {
  return last_under(copies_, source);
}

std::string recorded_places::of_winner(const claim_key& who) const {
  return last_under(won_, who);
}

std::string recorded_places::of_cron_job(const std::string& name) const {
  if (auto address = parse_cron_job_name(name))
    return address->id.hex;
  auto i = named_.find(name);
  return i == named_.end() ? std::string{} : i->second;
}

} // namespace holystone::actors
