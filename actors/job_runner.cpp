#include "actors/job_runner.hpp"

#include "actors/outcomes.hpp"
#include "actors/projections.hpp"
#include "k8s_io/list_pages.hpp"
#include "k8s_io/names.hpp"

#include <caf/typed_response_promise.hpp>

#include <fmt/format.h>

namespace holystone::actors {

namespace {

using self_pointer = job_runner_actor::pointer;
using outcome_promise = caf::typed_response_promise<outcome_ptr>;

constexpr auto patience = std::chrono::seconds{60};

void deliver(outcome_promise promise, outcome end) {
  promise.deliver(outcome_ptr{std::make_shared<const outcome>(std::move(end))});
}

/// Sends one write and answers with what it came to.
void perform(self_pointer self, const api_client& api, request call,
             outcome_promise promise) {
  auto what = std::make_shared<const request>(std::move(call));
  self->request(api, patience, call_atom::value, request_ptr{what})
    .then(
      [=](const response_ptr& answer) mutable {
        deliver(promise, to_outcome(*what, *answer, 0, 0.5));
      },
      [=](const caf::error& why) mutable {
        deliver(promise, no_answer(caf::to_string(why)));
      });
}

/// Asks past the caches, then goes on with the answers' items, or ends.
void list_live(self_pointer self, const api_client& api, watched_kind kind,
               const std::string& ns, const repository_id& location,
               outcome_promise promise,
               std::function<void(const std::vector<fact>&)> then) {
  request call;
  call.what = verb::list;
  call.kind = to_reflected(kind, ns).kind;
  call.ns = ns;
  call.label_selector = fmt::format("{}={}", names::location_hash, location.hex);
  auto what = std::make_shared<const request>(std::move(call));
  self->request(api, patience, call_atom::value, request_ptr{what})
    .then(
      [=](const response_ptr& answer) mutable {
        std::vector<fact> found;
        auto broken = answer->ok()
                        ? for_each_item(
                          answer->body,
                          [&](const boost::json::object& object) {
                            found.push_back(
                              project(kind, boost::json::value(object)));
                          })
                        : std::optional{error{describe(*what, *answer)}};
        if (broken)
          deliver(promise, {false, milliseconds{1'000}, broken->message, {}});
        else
          then(found);
      },
      [=](const caf::error& why) mutable {
        deliver(promise, no_answer(caf::to_string(why)));
      });
}

/// Takes the Lease, after a look past the caches at running Jobs and pods of
/// the location.
void acquire(self_pointer self, const job_runner_setup& setup,
             const job_order_ptr& order, outcome_promise promise) {
  const auto& ns = setup.operator_namespace;
  list_live(
    self, setup.api, watched_kind::jobs, ns, order->location, promise,
    [=](const std::vector<fact>& jobs) mutable {
      for (const auto& found : jobs)
        if (const auto& job = std::get<job_seen>(found).fact;
            job.state == job_state::running) {
          deliver(promise,
                  {false, milliseconds{2'000},
                   fmt::format("Job {} runs already", to_string(job.key)),
                   {observation{found}}});
          return;
        }
      list_live(
        self, setup.api, watched_kind::pods, ns, order->location, promise,
        [=](const std::vector<fact>& pods) mutable {
          for (const auto& found : pods)
            if (const auto& pod = std::get<pod_seen>(found).fact; !pod.ended) {
              deliver(promise,
                      {false, milliseconds{2'000},
                       fmt::format("pod {} has not ended",
                                   to_string(pod.key)),
                       {observation{found}}});
              return;
            }
          perform(self, setup.api,
                  k8s_io::acquire(std::get<acquire_lease>(order->what),
                                  order->lease, ns, order->location.hex,
                                  order->winner, setup.now()),
                  promise);
        });
    });
}

/// Makes the Job anew from the wanted template, then drops the old one.
void replace(self_pointer self, const job_runner_setup& setup,
             const job_order_ptr& order, outcome_promise promise) {
  const auto& old = std::get<replace_job>(order->what).job;
  if (!order->intent) {
    deliver(promise, {false, milliseconds{5'000},
                      "the CronJob that is wanted is not known yet",
                      {}});
    return;
  }
  auto create = std::make_shared<const request>(
    recreate_job(*order->intent, setup.mover, old));
  self->request(setup.api, patience, call_atom::value, request_ptr{create})
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
        perform(self, setup.api, resume(run->job, where), promise);
      else if (const auto* halt = std::get_if<suspend_job>(&order->what))
        perform(self, setup.api, suspend(halt->job), promise);
      else if (const auto* drop = std::get_if<drop_job>(&order->what))
        perform(self, setup.api, remove(drop->job), promise);
      else if (const auto* free = std::get_if<release_lease>(&order->what))
        perform(self, setup.api,
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
