#include "simulator/cron_job_controller.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/cron_job_sync.hpp"
#include "simulator/object_edit.hpp"

#include <algorithm>
#include <string_view>

namespace holystone::simulator {

namespace json = boost::json;
namespace resources = k8s_io::resources;
using k8s_io::find;
using k8s_io::text_at;

namespace {

constexpr std::string_view manager = "kube-controller-manager";

/// How long a refused CronJob rests, doubling from two seconds.
seconds rest_after(unsigned failures) {
  return std::min(seconds{1000}, seconds{1 << std::min(failures, 10U)});
}

} // namespace

cron_job_controller::cron_job_controller(api_server& server) : server_(server) {
  // nop
}

cron_job_controller::~cron_job_controller() {
  if (watch_)
    server_.close(*watch_);
}

std::optional<instant> cron_job_controller::step(instant now) {
  store view{server_, std::string{manager}, now, "cronjob-controller"};
  read_events(now);
  notice_jobs(view);
  for (auto due = queue_.take(now); !due.empty(); due = queue_.take(now)) {
    for (auto& key : due)
      sync(view, key);
    // Its own writes come back as events, as they do in a real cluster.
    read_events(now);
    notice_jobs(view);
  }
  return queue_.next();
}

void cron_job_controller::read_events(instant now) {
  if (!watch_) {
    call open;
    open.target = "/apis/batch/v1/cronjobs?watch=1";
    open.user_agent = manager;
    watch_ = server_.handle(open, now).watch;
  }
  while (watch_) {
    auto batch = server_.pull(*watch_);
    std::string_view rest = batch.lines;
    while (!rest.empty()) {
      auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (!line.empty())
        notice(json::parse({line.data(), line.size()}), now);
    }
    if (batch.ended)
      watch_.reset();
    if (batch.ended || batch.events == 0)
      return;
  }
}

void cron_job_controller::notice(const json::value& event, instant now) {
  auto type = text_at(event, "type");
  const auto* cron_job = find(event, "object");
  if (type == "ERROR" || type == "BOOKMARK" || cron_job == nullptr)
    return;
  auto key = key_of(*cron_job);
  if (type == "DELETED") {
    known_.erase(key);
    queue_.remove(key);
    return;
  }
  auto& before = known_[key];
  auto uid = uid_of(*cron_job);
  auto schedule = text_at(*cron_job, "spec", "schedule");
  auto zone = text_at(*cron_job, "spec", "timeZone");
  auto edited = before.uid == uid
                && (before.schedule != schedule || before.zone != zone);
  before.uid = uid;
  before.schedule = schedule;
  before.zone = zone;
  if (!edited) {
    queue_.add(key, now);
    return;
  }
  // an edit only moves the alarm; the slot that has passed waits for
  // the next event of any kind.
  if (auto alarm = alarm_after_edit(*cron_job, now))
    queue_.add(key, *alarm);
}

void cron_job_controller::notice_jobs(store& view) {
  for (auto& change : view.changes(resources::jobs, jobs_)) {
    if (!change.deleted) {
      auto job = view.get(resources::jobs, change.key);
      const auto* owner = job ? controller_of(*job) : nullptr;
      if (owner != nullptr && text_at(*owner, "kind") == "CronJob")
        owner_of_job_[change.uid]
            = object_key{change.key.ns, text_at(*owner, "name")};
    }
    auto owner = owner_of_job_.find(change.uid);
    if (owner == owner_of_job_.end())
      continue;
    if (known_.contains(owner->second))
      queue_.add(owner->second, view.now());
    if (change.deleted)
      owner_of_job_.erase(owner);
  }
}

void cron_job_controller::sync(store& view, const object_key& key) {
  auto cron_job = view.get(resources::cron_jobs, key);
  if (!cron_job)
    return;
  auto answer = sync_cron_job(view, *cron_job);
  if (answer.again)
    queue_.add(key, *answer.again);
  auto& failures = known_[key].failures;
  failures = answer.failed ? failures + 1 : 0;
  if (answer.failed)
    queue_.add(key, view.now() + rest_after(failures));
}

} // namespace holystone::simulator
