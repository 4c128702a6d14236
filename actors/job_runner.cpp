#include "actors/job_runner.hpp"

#include "actors/outcomes.hpp"
#include "k8s_io/job_requests.hpp"
#include "k8s_io/lease_requests.hpp"
#include "k8s_io/list_pages.hpp"
#include "k8s_io/names.hpp"
#include "scheduler/run_end.hpp"

#include <caf/typed_response_promise.hpp>

#include <fmt/format.h>

namespace holystone::actors {

namespace {

using self_pointer = job_runner_actor::pointer;
using outcome_promise = caf::typed_response_promise<outcome_ptr>;

void deliver(outcome_promise promise, outcome end) {
  promise.deliver(outcome_ptr{std::make_shared<const outcome>(std::move(end))});
}

/// Sends one write and answers with what it came to.
void perform(self_pointer self, const api_client& api, request call,
             outcome_promise promise) {
  auto what = std::make_shared<const request>(std::move(call));
  self->request(api, caf::infinite, call_atom::value, request_ptr{what})
      .then(
          [=](const response_ptr& answer) mutable {
            deliver(promise, to_outcome(*what, *answer, 0, 0.5));
          },
          [=](const caf::error& why) mutable {
            deliver(promise, no_answer(caf::to_string(why)));
          });
}

/// One look past the caches: objects of a kind, and what makes one of them an
/// obstacle (an empty text: nothing does).
struct check {
  resource kind;
  std::string ns;
  std::string selector;
  /// Of the only one to look at; empty: all.
  std::string name;
  std::function<std::string(const boost::json::value&)> obstacle;
};

std::function<std::string(const boost::json::value&)>
running_job(const run_limits& limits, instant now) {
  return [=](const boost::json::value& object) {
    auto job = read_job(object);
    return job.state == job_state::running && !is_spent(job, limits, now)
               ? fmt::format("Job {} runs already", to_string(job.key))
               : std::string{};
  };
}

std::function<std::string(const boost::json::value&)>
live_pod(const run_limits& limits, instant now) {
  return [=](const boost::json::value& object) {
    auto pod = read_pod(object);
    return is_live(pod, limits, now)
               ? fmt::format("pod {} has not ended", to_string(pod.key))
               : std::string{};
  };
}

/// A backup that lasts longer than a day is not waited for: its owner could
/// keep others from being maintained for ever.
std::function<std::string(const boost::json::value&)>
running_backup(instant now) {
  return [=](const boost::json::value& object) {
    auto pod = read_pod(object);
    return !pod.ended && now < pod.created + std::chrono::hours{24}
               ? fmt::format("backup pod {} has not ended", to_string(pod.key))
               : std::string{};
  };
}

std::string held_lease(const boost::json::value& object) {
  auto lease = read_lease(object);
  return lease.holder
             ? fmt::format("Job {} has the lock of the same repository "
                           "at another location",
                           to_string(lease.holder_job))
             : std::string{};
}

/// The Leases of the repository's other locations.
std::vector<check> alias_checks(const job_order& order, const std::string& ns) {
  std::vector<check> all;
  for (const auto& hash : order.aliases)
    all.push_back({resources::leases, ns, {}, lease_name(hash), held_lease});
  return all;
}

/// What has to be looked at before a Lease is taken: running Jobs and pods of
/// the location, and backups of the claimants.
std::vector<check> checks_for(const job_order& order,
                              const job_runner_setup& setup) {
  const auto& ns = setup.operator_namespace;
  auto now = setup.now();
  auto of_location
      = fmt::format("{}={}", names::location_hash, order.location.hex);
  std::vector<check> all;
  for (const auto& where : order.namespaces) {
    all.push_back({resources::jobs,
                   where,
                   of_location,
                   {},
                   running_job(setup.mover.limits, now)});
    all.push_back({resources::pods,
                   where,
                   of_location,
                   {},
                   live_pod(setup.mover.limits, now)});
  }
  for (auto& other : alias_checks(order, ns))
    all.push_back(std::move(other));
  for (const auto& who : order.claimants)
    if (who.kind == claim_kind::replication_source)
      all.push_back({resources::pods,
                     who.object.ns,
                     fmt::format("{}=volsync-src-{}", names::job_name,
                                 who.object.name.substr(0, 51)),
                     {},
                     running_backup(now)});
  return all;
}

/// Makes the checks one after another; then `go` is called, or the promise
/// gets the obstacle.
void look_first(self_pointer self, const api_client& api,
                std::shared_ptr<std::vector<check>> left,
                outcome_promise promise, std::function<void()> go) {
  if (left->empty()) {
    go();
    return;
  }
  auto next = std::move(left->back());
  left->pop_back();
  request call;
  call.what = verb::list;
  call.kind = next.kind;
  call.ns = next.ns;
  call.label_selector = next.selector;
  call.name = next.name;
  auto what = std::make_shared<const request>(std::move(call));
  self->request(api, caf::infinite, call_atom::value, request_ptr{what})
      .then(
          [=](const response_ptr& answer) mutable {
            std::string why;
            auto broken
                = answer->ok() ? for_each_item(
                      answer->body,
                      [&](const boost::json::object& object) {
                        if (why.empty())
                          why = next.obstacle(boost::json::value(object));
                      })
                               : std::optional{error{describe(*what, *answer)}};
            if (broken)
              why = broken->message;
            if (why.empty())
              look_first(self, api, left, promise, go);
            else
              deliver(promise, {false, milliseconds{2'000}, why, {}, true});
          },
          [=](const caf::error& why) mutable {
            deliver(promise, no_answer(caf::to_string(why)));
          });
}

/// Writes the Lease. One that exists although we know of none is read and
/// told, or its creation would be refused for ever.
void write_lease(self_pointer self, const api_client& api, request call,
                 outcome_promise promise) {
  auto what = std::make_shared<const request>(std::move(call));
  self->request(api, caf::infinite, call_atom::value, request_ptr{what})
      .then(
          [=](const response_ptr& answer) mutable {
            auto end = to_outcome(*what, *answer, 0, 0.5);
            if (answer->status != 409 || what->what != verb::create) {
              deliver(promise, std::move(end));
              return;
            }
            request read;
            read.kind = what->kind;
            read.ns = what->ns;
            read.name = what->name;
            auto look = std::make_shared<const request>(std::move(read));
            self->request(api, caf::infinite, call_atom::value,
                          request_ptr{look})
                .then(
                    [=](const response_ptr& found) mutable {
                      if (found->ok())
                        if (auto seen = to_observation(*look, found->body))
                          end.seen.push_back(*seen);
                      deliver(promise, std::move(end));
                    },
                    [=](const caf::error& why) mutable {
                      deliver(promise, no_answer(caf::to_string(why)));
                    });
          },
          [=](const caf::error& why) mutable {
            deliver(promise, no_answer(caf::to_string(why)));
          });
}

/// Takes the Lease, after a look past the caches.
void acquire(self_pointer self, const job_runner_setup& setup,
             const job_order_ptr& order, outcome_promise promise) {
  const auto& ns = setup.operator_namespace;
  auto checks = std::make_shared<std::vector<check>>(checks_for(*order, setup));
  look_first(self, setup.api, checks, promise, [=]() {
    write_lease(self, setup.api,
                k8s_io::acquire(std::get<acquire_lease>(order->what),
                                order->lease, ns, order->location.hex,
                                order->winner, setup.now()),
                promise);
  });
}

/// What the pod may take for our own: the runs in the ledger and its Job's.
own_runs runs_of(const job_order& order, instant now) {
  auto ours = order.lease.known.ours;
  ours.push_back(
      {order.lease.acquired.value_or(now), order.lease.deadline.value_or(now)});
  return ours;
}

/// Lets the Job run. Where the repository has other locations, each writes its
/// own Lease and then reads the others' past the caches, so that of two at
/// least one sees the other.
void resume_after_look(self_pointer self, const job_runner_setup& setup,
                       const job_order_ptr& order, const job_fact& job,
                       outcome_promise promise) {
  auto checks = std::make_shared<std::vector<check>>(
      alias_checks(*order, setup.operator_namespace));
  look_first(self, setup.api, checks, promise, [=]() {
    perform(self, setup.api,
            resume(job, order->location.hex, runs_of(*order, setup.now())),
            promise);
  });
}

/// Makes the Job anew from the wanted template, then drops the old one.
void replace(self_pointer self, const job_runner_setup& setup,
             const job_order_ptr& order, outcome_promise promise) {
  const auto& old = std::get<replace_job>(order->what).job;
  if (!order->intent) {
    deliver(promise, {false,
                      milliseconds{5'000},
                      "the CronJob that is wanted is not known yet",
                      {}});
    return;
  }
  auto create = std::make_shared<const request>(
      recreate_job(*order->intent, setup.mover, old, order->cron_job));
  self->request(setup.api, caf::infinite, call_atom::value, request_ptr{create})
      .then(
          [=](const response_ptr& answer) mutable {
            // 409: an earlier try made it, its answer was lost.
            if (!answer->ok() && answer->status != 409)
              deliver(promise, to_outcome(*create, *answer, 0, 0.5));
            else
              perform(self, setup.api, remove(old), promise);
          },
          [=](const caf::error& why) mutable {
            deliver(promise, no_answer(caf::to_string(why)));
          });
}

} // namespace

job_runner_actor::behavior_type job_runner(job_runner_actor::pointer self,
                                           job_runner_setup setup) {
  return {
      [=](run_atom, const job_order_ptr& order) {
        auto promise = self->make_response_promise<outcome_ptr>();
        const auto& ns = setup.operator_namespace;
        const auto& where = order->location.hex;
        if (std::holds_alternative<acquire_lease>(order->what))
          acquire(self, setup, order, promise);
        else if (std::holds_alternative<replace_job>(order->what))
          replace(self, setup, order, promise);
        else if (const auto* run = std::get_if<resume_job>(&order->what))
          resume_after_look(self, setup, order, run->job, promise);
        else if (const auto* halt = std::get_if<suspend_job>(&order->what))
          perform(self, setup.api, suspend(halt->job), promise);
        else if (const auto* drop = std::get_if<drop_job>(&order->what))
          perform(self, setup.api, remove(drop->job), promise);
        else if (const auto* free = std::get_if<release_lease>(&order->what))
          write_lease(self, setup.api,
                      release(*free, order->lease, ns, where, order->winner),
                      promise);
        else if (std::holds_alternative<delete_lease>(order->what))
          perform(self, setup.api, remove(order->lease, ns, where), promise);
        else
          deliver(promise, no_answer("the job runner does not know this step"));
        return promise;
      },
  };
}

} // namespace holystone::actors
