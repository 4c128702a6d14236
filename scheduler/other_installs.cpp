#include "scheduler/other_installs.hpp"

#include "scheduler/time.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// How often one is looked at that is there: longer than any term.
constexpr std::chrono::seconds patience{150};

} // namespace

void other_installs::see(const std::map<std::string, lease_record>& all,
                         steady_instant now) {
  std::erase_if(leaders_,
                [&](const auto& known) { return !all.contains(known.first); });
  for (const auto& [ns, record] : all)
    leaders_[ns].seen(record, now);
}

void other_installs::see_repositories(
    std::map<std::string, std::size_t> by_namespace) {
  repositories_ = std::move(by_namespace);
}

std::optional<steady_instant>
other_installs::look_again(steady_instant now) const {
  std::optional<steady_instant> next;
  for (const auto& [ns, leader] : leaders_) {
    auto state = leader.at(now);
    if (state == presence::absent)
      continue;
    next = earlier(next, state == presence::undecided ? leader.changes_at(now)
                                                      : now + patience);
  }
  return next;
}

std::vector<std::string> other_installs::notices(steady_instant now) const {
  std::vector<std::string> all;
  auto state_of = [&](const std::string& ns) {
    auto i = leaders_.find(ns);
    return i == leaders_.end() ? presence::absent : i->second.at(now);
  };
  for (const auto& [ns, leader] : leaders_)
    if (state_of(ns) == presence::present)
      all.push_back(fmt::format(
          "another holystone leads in namespace {0} ({1}): unless each has "
          "namespaces of its own (--namespaces), both serve the same objects, "
          "and that one maintenance runs at a time is not kept. Remove one: "
          "holystone release --all --namespace {0}",
          ns, leader.holder()));
  for (const auto& [ns, count] : repositories_)
    if (state_of(ns) == presence::absent)
      all.push_back(fmt::format(
          "a holystone that leads no more left Leases in namespace {0}, as "
          "many as {1}: what it made goes with holystone release --all "
          "--namespace {0}",
          ns, count));
  return all;
}

} // namespace holystone::scheduler
