#include "scheduler/repository_action.hpp"

namespace holystone::scheduler {

namespace {

std::string subject_of_cron_job(const object_key& key) {
  return "cronjob/" + to_string(key);
}

/// The subject of each action.
struct subject {
  std::string operator()(const std::monostate&) const {
    return {};
  }
  std::string operator()(const acquire_lease&) const {
    return "lease";
  }
  std::string operator()(const release_lease&) const {
    return "lease";
  }
  std::string operator()(const delete_lease&) const {
    return "lease";
  }
  std::string operator()(const resume_job& a) const {
    return subject_of(a.job);
  }
  std::string operator()(const suspend_job& a) const {
    return subject_of(a.job);
  }
  std::string operator()(const drop_job& a) const {
    return subject_of(a.job);
  }
  std::string operator()(const replace_job& a) const {
    return subject_of(a.job);
  }
  std::string operator()(const write_copy& a) const {
    return "copy/" + to_string(a.source.key);
  }
  std::string operator()(const delete_copy& a) const {
    return "copy/" + to_string(a.copy.source.key);
  }
  std::string operator()(const apply_cron_job& a) const {
    return subject_of_cron_job(a.wanted.key);
  }
  std::string operator()(const set_last_schedule& a) const {
    return subject_of_cron_job(a.key);
  }
  std::string operator()(const delete_cron_job& a) const {
    return subject_of_cron_job(a.key);
  }
  std::string operator()(const write_status& a) const {
    return "status/" + to_string(a.who);
  }
};

} // namespace

std::string subject_of(const repository_action& action) {
  return std::visit(subject{}, action);
}

std::string trouble_of(const repository_facts& facts,
                       const repository_action& action) {
  auto i = facts.troubles.find(subject_of(action));
  return i == facts.troubles.end() ? std::string{} : i->second;
}

} // namespace holystone::scheduler
