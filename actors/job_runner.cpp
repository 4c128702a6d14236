#include "actors/job_runner.hpp"

#include "actors/obstacles.hpp"
#include "actors/outcomes.hpp"
#include "k8s_io/job_requests.hpp"
#include "k8s_io/lease_requests.hpp"
#include "k8s_io/list_pages.hpp"
#include "k8s_io/predecessor_objects.hpp"

#include <caf/typed_response_promise.hpp>

#include <fmt/format.h>

namespace holystone::actors {

namespace {

using self_pointer = job_runner_actor::pointer;
using outcome_promise = caf::typed_response_promise<outcome_ptr>;

void deliver(outcome_promise promise, outcome end) {
  promise.deliver(outcome_ptr{std::make_shared<const outcome>(std::move(end))});
}

/// Makes a write and tells what it came to. What it conflicts with is read and
/// told too: an object of which we know nothing, or a version that no watch may
/// ever tell. Else the write would be refused for ever.
void write_or_look(self_pointer self, const api_client& api, request call,
                   std::function<void(outcome)> tell) {
  auto what = std::make_shared<const request>(std::move(call));
  self->request(api, caf::infinite, call_atom::value, request_ptr{what})
      .then(
          [=](const response_ptr& answer) {
            auto end = to_outcome(*what, *answer, 0, 0.5);
            if (answer->status != 409) {
              tell(std::move(end));
              return;
            }
            auto look = std::make_shared<const request>(
                get(what->kind, {what->ns, what->name}));
            self->request(api, caf::infinite, call_atom::value,
                          request_ptr{look})
                .then(
                    [=](const response_ptr& found) mutable {
                      if (found->ok())
                        if (auto seen = to_observation(*look, found->body))
                          end.seen.push_back(*seen);
                      tell(std::move(end));
                    },
                    [=](const caf::error& why) {
                      tell(no_answer(caf::to_string(why)));
                    });
          },
          [=](const caf::error& why) { tell(no_answer(caf::to_string(why))); });
}

/// Makes a write and answers with what it came to.
void perform(self_pointer self, const api_client& api, request call,
             outcome_promise promise) {
  write_or_look(self, api, std::move(call),
                [=](outcome end) mutable { deliver(promise, std::move(end)); });
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
            list_reader how{[&](const boost::json::value& object) {
              if (why.empty())
                why = next.obstacle(object);
            }};
            auto all = answer->ok() ? read_list(answer->body, how)
                                    : error{describe(*what, *answer)};
            if (!all)
              why = all.why().message;
            if (why.empty())
              look_first(self, api, left, promise, go);
            else
              deliver(promise, {false, milliseconds{2'000}, why, {}, true});
          },
          [=](const caf::error& why) mutable {
            deliver(promise, no_answer(caf::to_string(why)));
          });
}

/// Takes the Lease, after a look past the caches.
void acquire(self_pointer self, const job_runner_setup& setup,
             const job_order_ptr& order, outcome_promise promise) {
  const auto& ns = setup.operator_namespace;
  auto checks = std::make_shared<std::vector<check>>(
      obstacles_to_lease(*order, setup.mover.limits, ns, setup.now()));
  look_first(self, setup.api, checks, promise, [=]() {
    perform(self, setup.api,
            k8s_io::acquire(std::get<acquire_lease>(order->what), order->lease,
                            ns, order->location.hex, order->winner,
                            setup.now()),
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
      held_aliases(*order, setup.operator_namespace));
  look_first(self, setup.api, checks, promise, [=]() {
    perform(self, setup.api,
            resume(job, order->location.hex, runs_of(*order, setup.now())),
            promise);
  });
}

/// Suspends a Job that runs without the Lease. Through an old cache one that
/// has it looks the same, and its run would be lost.
void halt(self_pointer self, const job_runner_setup& setup,
          const job_order_ptr& order, const job_fact& job,
          outcome_promise promise) {
  auto checks = std::make_shared<std::vector<check>>();
  checks->push_back(let_in_already(*order, job, setup.operator_namespace));
  look_first(self, setup.api, checks, promise,
             [=]() { perform(self, setup.api, suspend(job), promise); });
}

/// Reads a CronJob of the fork's, past the caches, and adopts what it has read.
void adopt_left(self_pointer self, const api_client& api,
                const adopt_predecessor& what, outcome_promise promise) {
  auto look
      = std::make_shared<const request>(get(resources::cron_jobs, what.key));
  self->request(api, caf::infinite, call_atom::value, request_ptr{look})
      .then(
          [=](const response_ptr& found) mutable {
            boost::system::error_code broken;
            auto object = boost::json::parse(found->body, broken);
            if (!found->ok())
              deliver(promise, to_outcome(*look, *found, 0, 0.5));
            else if (broken)
              deliver(promise, no_answer("the CronJob can't be read"));
            else if (read_meta(object).uid != what.uid)
              deliver(promise, no_answer("the CronJob is another one now"));
            else
              perform(self, api, adopt(object), promise);
          },
          [=](const caf::error& why) mutable {
            deliver(promise, no_answer(caf::to_string(why)));
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
            // It exists: an earlier try made it, its answer was lost.
            // Any other conflict, such as a quota's, has made nothing.
            auto end = to_outcome(*create, *answer, 0, 0.5);
            if (!end.done && end.reason != "AlreadyExists")
              deliver(promise, std::move(end));
            else
              perform(self, setup.api, remove(old), promise);
          },
          [=](const caf::error& why) mutable {
            deliver(promise, no_answer(caf::to_string(why)));
          });
}

/// Makes the Job of a manual run. One that is there already is ours if the
/// answer to an earlier try was lost.
void make(self_pointer self, const job_runner_setup& setup,
          const cron_job_intent& wanted, request call,
          outcome_promise promise) {
  auto key = wanted.key;
  auto owner = wanted.owner;
  auto is_ours = [owner](const observation& one) {
    // Anybody may give it the looks of the fork's, which is another fact.
    const auto* found = std::get_if<job_seen>(&std::get<fact>(one));
    return found && found->fact.manual
           && found->fact.manual->maintenance == owner;
  };
  auto relay = [=](outcome end) mutable {
    if (!end.done && !end.seen.empty()) {
      end.done = is_ours(end.seen.front());
      end.delay = milliseconds{60'000};
      end.message = fmt::format("Job {} exists and was not made for this "
                                "KopiaMaintenance; delete it, or ask for "
                                "another tag",
                                to_string(key));
    }
    if (!end.done)
      end.seen.clear();
    deliver(promise, std::move(end));
  };
  write_or_look(self, setup.api, std::move(call), relay);
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
        else if (const auto* old = std::get_if<adopt_predecessor>(&order->what))
          adopt_left(self, setup.api, *old, promise);
        else if (const auto* stop = std::get_if<suspend_job>(&order->what))
          halt(self, setup, order, stop->job, promise);
        else if (const auto* drop = std::get_if<drop_job>(&order->what))
          perform(self, setup.api, remove(drop->job), promise);
        else if (const auto* free = std::get_if<release_lease>(&order->what))
          perform(self, setup.api,
                  release(*free, order->lease, ns, where, order->winner),
                  promise);
        else if (const auto* made = std::get_if<make_job>(&order->what))
          make(self, setup, made->wanted, create(*made, setup.mover), promise);
        else if (const auto* known = std::get_if<write_ledger>(&order->what))
          perform(self, setup.api, note(*known, order->lease), promise);
        else if (std::holds_alternative<delete_lease>(order->what))
          perform(self, setup.api, remove(order->lease, ns, where), promise);
        else
          deliver(promise, no_answer("the job runner does not know this step"));
        return promise;
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
