#include "actors/volume_reader.hpp"

#include "actors/outcomes.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/volume_objects.hpp"

#include <caf/typed_response_promise.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <functional>

namespace holystone::actors {

namespace {

using self_pointer = volume_reader_actor::pointer;
using reading_promise = caf::typed_response_promise<volume_reading_ptr>;

/// PersistentVolumeClaims are not watched: there may be many, and few hold a
/// repository. One that is bound stays so until somebody deletes it.
constexpr milliseconds bound_patience{600'000};
constexpr milliseconds unbound_patience{15'000};

/// One claim on its way to its volume.
struct search {
  self_pointer self;
  api_client api;
  object_key claim;
  reading_promise promise;
  std::string claim_uid{};

  void tell(result<volume_identity> what, bool is_absent = false) {
    volume_reading told;
    told.is_absent = is_absent;
    told.claim = claim;
    told.what = std::move(what);
    told.again = told.what ? bound_patience : unbound_patience;
    promise.deliver(volume_reading_ptr{
        std::make_shared<const volume_reading>(std::move(told))});
  }

  void give_up(milliseconds delay, std::string why) {
    volume_reading told;
    told.claim = claim;
    told.failed = true;
    told.again = std::max(delay, milliseconds{1'000});
    told.what = error{std::move(why)};
    promise.deliver(volume_reading_ptr{
        std::make_shared<const volume_reading>(std::move(told))});
  }
};

/// Reads one object and goes on with its JSON; ends the search otherwise.
void read(const std::shared_ptr<search>& job, const resource& kind,
          const object_key& key,
          std::function<void(const boost::json::value&)> then) {
  auto call = std::make_shared<const request>(get(kind, key));
  job->self
      ->request(job->api, caf::infinite, call_atom::value, request_ptr{call})
      .then(
          [=](const response_ptr& answer) {
            if (answer->status == 404) {
              job->tell(error{fmt::format(
                            "{} {} does not exist; create it", kind.kind,
                            key.ns.empty() ? key.name : to_string(key))},
                        kind == resources::claims);
              return;
            }
            // An operator that is narrowed to some namespaces may not read
            // what belongs to none (contract section 12).
            if (answer->status == 403 && kind == resources::volumes) {
              job->tell(claim_volume(job->claim_uid));
              return;
            }
            if (auto refusal = refusal_of(*call, *answer)) {
              job->tell(*refusal);
              return;
            }
            boost::system::error_code broken;
            auto object = answer->ok()
                              ? boost::json::parse(answer->body, broken)
                              : boost::json::value{};
            if (!answer->ok() || broken) {
              auto end = to_outcome(*call, *answer, 0, 0.5);
              job->give_up(end.delay, end.message);
              return;
            }
            then(object);
          },
          [=](const caf::error& why) {
            job->give_up(milliseconds{0}, caf::to_string(why));
          });
}

} // namespace

volume_reader_actor::behavior_type volume_reader(self_pointer self,
                                                 api_client api) {
  return {
      [=](volume_atom, const object_key& claim) {
        auto job = std::make_shared<search>(
            search{self, api, claim,
                   self->make_response_promise<volume_reading_ptr>()});
        auto promise = job->promise;
        read(job, resources::claims, claim,
             [job](const boost::json::value& found) {
               auto name = read_bound_volume(found);
               if (!name) {
                 job->tell(name.why());
                 return;
               }
               job->claim_uid = text_at(found, "metadata", "uid");
               read(job, resources::volumes, {{}, *name},
                    [job](const boost::json::value& volume) {
                      job->tell(read_volume(volume));
                    });
             });
        return promise;
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
