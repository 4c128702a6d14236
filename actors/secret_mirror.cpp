#include "actors/secret_mirror.hpp"

#include "actors/outcomes.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/secret_content.hpp"
#include "metrics/log.hpp"

#include <caf/typed_response_promise.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace holystone::actors {

namespace {

using self_pointer = secret_mirror_actor::pointer;

constexpr auto patience = std::chrono::seconds{60};

request_ptr get(const resource& kind, const object_key& key) {
  request what;
  what.kind = kind;
  what.ns = key.ns;
  what.name = key.name;
  return std::make_shared<const request>(std::move(what));
}

object_meta meta_of(const std::string& body) {
  boost::system::error_code failed;
  auto object = boost::json::parse(body, failed);
  return failed ? object_meta{} : read_meta(object);
}

reading read(const object_key& key, const request& what,
             const response& answer) {
  reading told;
  told.key = key;
  if (!answer.ok()) {
    auto end = to_outcome(what, answer, 0, 0.5);
    told.failed = answer.status != 404;
    told.delay = std::max(end.delay, milliseconds{1'000});
    told.where
      = answer.status == 404
          ? error{fmt::format("Secret {} does not exist; create it",
                              to_string(key))}
          : error{fmt::format("Secret {} cannot be read: {}", to_string(key),
                              end.message)};
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
    told.where
      = error{fmt::format("Secret {}: {}", to_string(key),
                          where.why().message)};
  }
  return told;
}

/// A copy under way: the source's content is in here and nowhere else.
struct copy_in_progress {
  copy_order_ptr order;
  write_copy what;
  object_uid source_uid;
  std::string source_version;
  secret_data content;
  bool suffixed = false;
};

void audit(std::string_view change, const copy_source& source,
           std::string_view repository) {
  metrics::log_info("secret copy",
                    {{"change", change},
                     {"source", to_string(source.key)},
                     {"repository", repository}});
}

using outcome_promise = caf::typed_response_promise<outcome_ptr>;

void deliver(outcome_promise promise, outcome end) {
  promise.deliver(outcome_ptr{std::make_shared<const outcome>(std::move(end))});
}

void write(self_pointer self, const api_client& api, const std::string& ns,
           std::shared_ptr<copy_in_progress> job, outcome_promise promise) {
  auto name = job->what.existing.uid
                ? job->what.existing.key.name
                : copy_name(job->what.source, job->order->repository,
                            job->suffixed);
  auto built
    = copy_request(job->what, job->order->repository, ns, name,
                   job->source_uid, job->source_version, job->content);
  if (!built) {
    deliver(promise, {false, milliseconds{60'000}, built.why().message, {}});
    return;
  }
  auto what = std::make_shared<const request>(std::move(*built));
  self->request(api, patience, call_atom::value, request_ptr{what})
    .then(
      [=](const response_ptr& answer) mutable {
        // Somebody else's Secret has the name: ours gets a hash, theirs is
        // never touched.
        if (answer->status == 409 && what->what == verb::create
            && !job->suffixed) {
          job->suffixed = true;
          write(self, api, ns, job, promise);
          return;
        }
        auto end = to_outcome(*what, *answer, 0, 0.5);
        if (end.done)
          audit(what->what == verb::create ? "created" : "updated",
                job->what.source, job->order->repository);
        deliver(promise, std::move(end));
      },
      [=](const caf::error& why) mutable {
        deliver(promise, no_answer(caf::to_string(why)));
      });
}

void copy(self_pointer self, const api_client& api, const std::string& ns,
          const copy_order_ptr& order, outcome_promise promise) {
  auto job = std::make_shared<copy_in_progress>();
  job->order = order;
  job->what = std::get<write_copy>(order->what);
  const auto& source = job->what.source;
  auto what = get(source.what == copy_source::kind::ca_config_map
                    ? resources::config_maps
                    : resources::secrets,
                  source.key);
  self->request(api, patience, call_atom::value, what)
    .then(
      [=](const response_ptr& answer) mutable {
        if (!answer->ok()) {
          deliver(promise, to_outcome(*what, *answer, 0, 0.5));
          return;
        }
        auto content = read_content(answer->body);
        if (!content) {
          deliver(promise,
                  {false, milliseconds{60'000}, content.why().message, {}});
          return;
        }
        auto meta = meta_of(answer->body);
        job->source_uid = meta.uid;
        job->source_version = meta.version.value;
        job->content = std::move(*content);
        write(self, api, ns, job, promise);
      },
      [=](const caf::error& why) mutable {
        deliver(promise, no_answer(caf::to_string(why)));
      });
}

void erase(self_pointer self, const api_client& api,
           const copy_order_ptr& order, outcome_promise promise) {
  const auto& old = std::get<delete_copy>(order->what).copy;
  auto call = std::make_shared<const request>(
      remove(resources::secrets, old.key, old.uid, {},
             propagation::background));
  self->request(api, patience, call_atom::value, request_ptr{call})
    .then(
      [=](const response_ptr& answer) mutable {
        auto end = to_outcome(*call, *answer, 0, 0.5);
        if (end.done)
          audit("deleted", std::get<delete_copy>(order->what).copy.source,
                order->repository);
        deliver(promise, std::move(end));
      },
      [=](const caf::error& why) mutable {
        deliver(promise, no_answer(caf::to_string(why)));
      });
}

} // namespace

secret_mirror_actor::behavior_type
secret_mirror(self_pointer self, api_client api,
              std::string operator_namespace) {
  return {
    [=](read_atom, const object_key& key) {
      auto promise = self->make_response_promise<reading_ptr>();
      auto what = get(resources::secrets, key);
      self->request(api, patience, call_atom::value, what)
        .then(
          [=](const response_ptr& answer) mutable {
            promise.deliver(reading_ptr{
              std::make_shared<const reading>(read(key, *what, *answer))});
          },
          [=](const caf::error& why) mutable { promise.deliver(why); });
      return promise;
    },
    [=](copy_atom, const copy_order_ptr& order) {
      auto promise = self->make_response_promise<outcome_ptr>();
      if (std::holds_alternative<write_copy>(order->what))
        copy(self, api, operator_namespace, order, promise);
      else
        erase(self, api, order, promise);
      return promise;
    },
  };
}

} // namespace holystone::actors
