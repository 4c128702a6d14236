#include "scheduler/repository_action.hpp"

namespace holystone::scheduler {

namespace {

std::string subject_of_cron_job(const object_key& key) {
  return "cronjob/" + to_string(key);
}

std::string subject_of_making(const object_key& job) {
  return "new job/" + to_string(job);
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
  std::string operator()(const remove_finalizer& a) const {
    return "finalizer/" + to_string(a.who);
  }
  std::string operator()(const apply_cache_claim& a) const {
    return "cache/" + to_string(a.wanted.key);
  }
  std::string operator()(const delete_cache_claim& a) const {
    return "cache/" + to_string(a.key);
  }
  std::string operator()(const write_ledger&) const {
    return "lease";
  }
  std::string operator()(const settle_reset& a) const {
    return "reset/" + to_string(a.who);
  }
  std::string operator()(const make_job& a) const {
    return subject_of_making(a.wanted.key);
  }
  std::string operator()(const suspend_predecessor& a) const {
    return subject_of_cron_job(a.key);
  }
  std::string operator()(const adopt_predecessor& a) const {
    return subject_of_cron_job(a.key);
  }
  std::string operator()(const remove_predecessor& a) const {
    return a.what == predecessor::kind::cron_job ? subject_of_cron_job(a.key)
                                                 : "secret/" + to_string(a.key);
  }
};

} // namespace

std::string subject_of(const repository_action& action) {
  return std::visit(subject{}, action);
}

const write_failure* trouble_with_making(const repository_facts& facts,
                                         const object_key& job) {
  auto i = facts.troubles.find(subject_of_making(job));
  return i == facts.troubles.end() ? nullptr : &i->second;
}

const write_failure* trouble_of(const repository_facts& facts,
                                const repository_action& action) {
  auto i = facts.troubles.find(subject_of(action));
  return i == facts.troubles.end() ? nullptr : &i->second;
}

} // namespace holystone::scheduler
