#include "actors/event_poster.hpp"

#include "k8s_io/status_requests.hpp"
#include "metrics/log.hpp"

#include <caf/send.hpp>

#include <memory>

namespace holystone::actors {

void event_poster::post(const std::vector<event_note>& notes,
                        const event_origin& from, instant now) {
  for (const auto& note : notes) {
    if (!budgets_[note.regarding].take(now))
      continue;
    metrics::log(note.warning ? metrics::log_level::warning
                              : metrics::log_level::info,
                 "event",
                 {{"repository", from.repository},
                  {"object", regarded(note)},
                  {"reason", note.reason},
                  {"message", note.message}});
    caf::anon_send(from.api, call_atom::value,
                   request_ptr{std::make_shared<const request>(
                       post_event(note, from.reporter, now, ++posted_))});
  }
}

void event_poster::forget(const regarded_object& which) {
  budgets_.erase(which);
}

} // namespace holystone::actors
