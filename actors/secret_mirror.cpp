#include "actors/secret_mirror.hpp"

#include "actors/outcomes.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"
#include "k8s_io/secret_content.hpp"
#include "metrics/log.hpp"
#include "scheduler/kopia_backends.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <tuple>

namespace holystone::actors {

namespace {

using self_pointer = secret_mirror_actor::stateful_pointer<secret_mirror_state>;
using outcome_promise = secret_mirror_state::outcome_promise;

/// Nobody tells us when a right is granted.
constexpr milliseconds refused_patience{60'000};

object_meta meta_of(const std::string& body) {
  boost::system::error_code failed;
  auto object = boost::json::parse(body, failed);
  return failed ? object_meta{} : read_meta(object);
}

reading read(const object_key& key, const request& what,
             const response& answer) {
  reading told;
  told.key = key;
  if (auto refusal = refusal_of(what, answer)) {
    told.refused = true;
    told.again = refused_patience;
    told.where = *refusal;
    return told;
  }
  if (!answer.ok()) {
    auto end = to_outcome(what, answer, 0, 0.5);
    told.failed = answer.status != 404;
    if (told.failed)
      told.again = std::max(end.delay, milliseconds{1'000});
    told.where = answer.status == 404
                     ? error{fmt::format("Secret {} does not exist; create it",
                                         to_string(key))}
                     : error{fmt::format("Secret {} cannot be read: {}",
                                         to_string(key), end.message)};
    return told;
  }
  auto meta = meta_of(answer.body);
  told.uid = meta.uid;
  told.version = meta.version.value;
  auto content = read_content(answer.body);
  if (!content) {
    told.where = error{
        fmt::format("Secret {}: {}", to_string(key), content.why().message)};
    return told;
  }
  auto where = locate(*content, key.ns, std::nullopt);
  if (where) {
    told.where = *where;
  } else {
    auto on_any = locate(*content, key.ns, pv_volume("any"));
    told.needs_volume = on_any && on_any->backend == "filesystem";
    told.lacks_key = says_missing_key(where.why());
    told.where = error{
        fmt::format("Secret {}: {}", to_string(key), where.why().message)};
  }
  return told;
}

/// A copy under way: the source's content is in here and nowhere else.
struct copy_in_progress {
  copy_order_ptr order;
  std::shared_ptr<const write_copy> what;
  outcome_promise promise;
  secret_data content;
  bool suffixed = false;
};
using copy_ptr = std::shared_ptr<copy_in_progress>;

void audit(std::string_view change, const copy_source& source,
           std::string_view repository) {
  metrics::log_info("secret copy", {{"change", change},
                                    {"source", to_string(source.key)},
                                    {"repository", repository}});
}

void deliver(outcome_promise promise, outcome end) {
  promise.deliver(outcome_ptr{std::make_shared<const outcome>(std::move(end))});
}

void begin_copies(self_pointer self);

void finish(self_pointer self, const copy_ptr& job, outcome end) {
  deliver(job->promise, std::move(end));
  --self->state.copying;
  begin_copies(self);
}

void write(self_pointer self, const copy_ptr& job);

/// Is this Secret under the name of the copy that copy? Whoever takes away its
/// labels or its annotations does not make it a stranger's.
bool is_the_copy(const boost::json::value& holder,
                 const copy_in_progress& job) {
  auto label = [&](std::string_view name) {
    return text_at(holder, "metadata", "labels", name);
  };
  auto source = read_copy(holder).source;
  auto is_of_source = source == job.what->source;
  if (label(names::secret_copy) != "true")
    return label(names::repository_hash).empty() && is_of_source;
  return label(names::repository_hash) == job.order->repository
         && (is_of_source || source.key.name.empty());
}

/// The name of the copy is taken. Our own copy of this source may have it, when
/// the answer to its creation was lost: then that one is brought
/// up to date. Somebody else's Secret is never touched: ours gets a hash.
void look_at_holder(self_pointer self, const copy_ptr& job,
                    const object_key& key) {
  auto what = get(resources::secrets, key);
  what.metadata_only = true;
  auto asked = std::make_shared<const request>(std::move(what));
  self->request(self->state.api, caf::infinite, call_atom::value, asked)
      .then(
          [=](const response_ptr& answer) {
            if (!answer->ok()) {
              finish(self, job, to_outcome(*asked, *answer, 0, 0.5));
              return;
            }
            boost::system::error_code failed;
            auto holder = boost::json::parse(answer->body, failed);
            if (is_the_copy(holder, *job)) {
              auto again = *job->what;
              again.existing = read_copy(holder);
              job->what = std::make_shared<const write_copy>(std::move(again));
            } else if (job->suffixed) {
              finish(self, job,
                     {false,
                      milliseconds{60'000},
                      fmt::format("Secret {} is not holystone's; delete it",
                                  to_string(key)),
                      {}});
              return;
            } else {
              job->suffixed = true;
            }
            write(self, job);
          },
          [=](const caf::error& why) {
            finish(self, job, no_answer(caf::to_string(why)));
          });
}

void write(self_pointer self, const copy_ptr& job) {
  const auto& ns = self->state.operator_namespace;
  const auto& existing = job->what->existing;
  auto name = existing.uid ? existing.key.name
                           : copy_name(job->what->source,
                                       job->order->repository, job->suffixed);
  // The version that led to this repository; a newer one, should that have been
  // read here, may lead elsewhere, and is copied when it has been looked at.
  auto built = copy_request(*job->what, job->order->repository, ns, name,
                            job->what->source_uid, job->what->source_version,
                            job->content);
  if (!built) {
    finish(self, job, {false, milliseconds{60'000}, built.why().message, {}});
    return;
  }
  auto what = std::make_shared<const request>(std::move(*built));
  self->request(self->state.api, caf::infinite, call_atom::value,
                request_ptr{what})
      .then(
          [=](const response_ptr& answer) {
            if (answer->status == 409 && what->what == verb::create) {
              look_at_holder(self, job, {what->ns, what->name});
              return;
            }
            auto end = to_outcome(*what, *answer, 0, 0.5);
            if (end.done)
              audit(what->what == verb::create ? "created" : "updated",
                    job->what->source, job->order->repository);
            finish(self, job, std::move(end));
          },
          [=](const caf::error& why) {
            finish(self, job, no_answer(caf::to_string(why)));
          });
}

void copy(self_pointer self, const copy_ptr& job) {
  const auto& source = job->what->source;
  auto what = std::make_shared<const request>(get(
      source.what == copy_source::kind::ca_config_map ? resources::config_maps
                                                      : resources::secrets,
      source.key));
  self->request(self->state.api, caf::infinite, call_atom::value,
                request_ptr{what})
      .then(
          [=](const response_ptr& answer) {
            if (!answer->ok()) {
              finish(self, job, to_outcome(*what, *answer, 0, 0.5));
              return;
            }
            auto content = read_content(answer->body);
            if (!content) {
              finish(self, job,
                     {false, milliseconds{60'000}, content.why().message, {}});
              return;
            }
            job->content = std::move(*content);
            write(self, job);
          },
          [=](const caf::error& why) {
            finish(self, job, no_answer(caf::to_string(why)));
          });
}

void begin_copies(self_pointer self) {
  auto& state = self->state;
  while (!state.waiting.empty() && state.copying < most_copies_at_once) {
    auto job = std::make_shared<copy_in_progress>();
    std::tie(job->order, job->promise) = std::move(state.waiting.front());
    state.waiting.pop_front();
    job->what = std::get<std::shared_ptr<const write_copy>>(job->order->what);
    ++state.copying;
    copy(self, job);
  }
}

void erase(self_pointer self, const copy_order_ptr& order,
           outcome_promise promise) {
  auto old = std::get<std::shared_ptr<const delete_copy>>(order->what);
  auto call = std::make_shared<const request>(
      remove(resources::secrets, old->copy.key, old->copy.uid, {},
             propagation::background));
  self->request(self->state.api, caf::infinite, call_atom::value,
                request_ptr{call})
      .then(
          [=](const response_ptr& answer) {
            auto end = to_outcome(*call, *answer, 0, 0.5);
            if (end.done)
              audit("deleted", old->copy.source, order->repository);
            deliver(promise, std::move(end));
          },
          [=](const caf::error& why) {
            deliver(promise, no_answer(caf::to_string(why)));
          });
}

} // namespace

secret_mirror_actor::behavior_type
secret_mirror(self_pointer self, api_client api,
              std::string operator_namespace) {
  self->state.api = std::move(api);
  self->state.operator_namespace = std::move(operator_namespace);
  return {
      [=](read_atom, const object_key& key) {
        auto promise = self->make_response_promise<reading_ptr>();
        auto what
            = std::make_shared<const request>(get(resources::secrets, key));
        self->request(self->state.api, caf::infinite, call_atom::value,
                      request_ptr{what})
            .then(
                [=](const response_ptr& answer) mutable {
                  promise.deliver(reading_ptr{std::make_shared<const reading>(
                      read(key, *what, *answer))});
                },
                [=](const caf::error& why) mutable { promise.deliver(why); });
        return promise;
      },
      [=](copy_atom, const copy_order_ptr& order) {
        auto promise = self->make_response_promise<outcome_ptr>();
        if (std::holds_alternative<std::shared_ptr<const delete_copy>>(
                order->what)) {
          erase(self, order, promise);
        } else {
          self->state.waiting.emplace_back(order, promise);
          begin_copies(self);
        }
        return promise;
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
