#include "k8s_io/reflector.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/list_pages.hpp"
#include "k8s_io/object_head.hpp"
#include "k8s_io/unread_names.hpp"
#include "k8s_io/version_order.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holystone::k8s_io {

namespace {

namespace json = boost::json;

using std::chrono::seconds;

// A watch shorter than this that brought nothing is a failure.
constexpr seconds short_watch{1};

// A 410 sooner after a list than this backs off. What a watch brought excuses
// nothing: a server could send a bookmark each time. As long as the longest
// back-off, so that no server is listed more often than a sick one.
constexpr seconds lasting_watch{30};

// So many watches in a row may break without an event before we list again;
// one line that we can never read must not block the view for ever.
constexpr unsigned most_barren_watches = 3;

// Will the same request perhaps be answered a little later?
bool is_passing(int status) {
  return status == 0 || status == 408 || status == 429 || status >= 500;
}

} // namespace

struct reflector::step_context {
  moment at;
  object_sink& sink;
  effects out;
};

reflector::reflector(reflected what) : what_(std::move(what)) {
  // nop
}

reflector::effects reflector::step(const input& what, moment at,
                                   object_sink& sink) {
  step_context in{at, sink, {}};
  if (std::holds_alternative<start>(what))
    begin_list(in);
  else if (auto* list = std::get_if<listed>(&what); list)
    on_list(*list, in);
  else if (auto* texts = std::get_if<lines>(&what); texts)
    on_lines(*texts, in);
  else if (auto* end = std::get_if<ended>(&what); end)
    on_end(*end, in);
  else if (std::get<woken>(what).ticket == ticket_)
    on_woken(in);
  return std::move(in.out);
}

// -- lists --------------------------------------------------------------------

void reflector::begin_list(step_context& in) {
  if (counts_.lists++ > 0)
    ++counts_.relists;
  if (freshness_ == freshness::not_older && version_.empty())
    freshness_ = freshness::newest;
  continue_token_.clear();
  page_size_ = std::min(page_size_ * 2, largest_page);
  known_.begin_round();
  ask_page(in);
}

void reflector::ask_page(step_context& in) {
  auto call = ask(what_, verb::list);
  call.continue_token = continue_token_;
  // A version turns paging off, except for "0".
  if (freshness_ != freshness::not_older)
    call.limit = page_size_;
  if (freshness_ == freshness::any)
    call.resource_version = "0";
  else if (freshness_ == freshness::not_older)
    call.resource_version = version_;
  in.out.emplace_back(send_list{++ticket_, std::move(call)});
}

void reflector::on_list(const listed& what, step_context& in) {
  if (what.ticket != ticket_)
    return;
  if (what.answer->is_too_long)
    return on_long_list(*what.answer, in);
  if (!what.answer->ok())
    return on_list_refused(*what.answer, in);
  unread_names unread;
  list_reader how;
  how.take = [&](const json::value& object) {
    take(object, true, in);
  };
  how.skip = [&](const unreadable_item& item) {
    ++counts_.skipped;
    unread.add(item.headline, item.why);
  };
  how.kind = what_.metadata_only ? "PartialObjectMetadata" : what_.kind.kind;
  how.kind += "List";
  how.without_managers = !what_.with_managers;
  auto header = read_list(what.answer->body, how);
  if (!unread.empty())
    in.out.emplace_back(report{unread.message(what_.kind.plural)});
  if (!header)
    return back_off(
        continue_token_.empty() ? plan::list : plan::page,
        fmt::format("{}: {}", what_.kind.plural, header.why().message), {}, in);
  version_ = header->resource_version;
  continue_token_ = header->continue_token;
  if (continue_token_.empty())
    finish_list(in);
  else
    ask_page(in);
}

// Asks for less at once, without a wait: after nine halvings there is no less,
// and who can't take one object can only wait and tell.
void reflector::on_long_list(const response& answer, step_context& in) {
  auto had_pages = freshness_ == freshness::newest;
  auto why = describe(ask(what_, verb::list), answer);
  if (had_pages && page_size_ == 1)
    return back_off(plan::page, why + "; it is one object, make it smaller", {},
                    in);
  // Only the newest comes in pages.
  freshness_ = freshness::newest;
  needs_pages_ = true;
  if (had_pages)
    page_size_ /= 2;
  in.out.emplace_back(
      report{fmt::format("{}; asking for {} at once", why, page_size_)});
  ask_page(in);
}

void reflector::on_list_refused(const response& answer, step_context& in) {
  auto status = parse_status(answer.body);
  if (answer.status == 410 || status.is_expired())
    // A page's continue token has outlived the history, or our version.
    return on_expired(in);
  if (status.is_too_large_version())
    freshness_ = freshness::newest;
  auto next = !continue_token_.empty() && is_passing(answer.status)
                  ? plan::page
                  : plan::list;
  back_off(next, describe(ask(what_, verb::list), answer), answer.retry_after,
           in);
}

void reflector::finish_list(step_context& in) {
  known_.end_round(
      [&](const object_identity& lost) { in.sink.remove(lost, nullptr); });
  freshness_ = needs_pages_ ? freshness::newest : freshness::not_older;
  is_synced_ = true;
  in.out.emplace_back(synced{});
  begin_watch(in);
}

// -- watches ------------------------------------------------------------------

void reflector::begin_watch(step_context& in) {
  ++counts_.watches;
  auto order = ask(what_, verb::watch);
  order.resource_version = version_;
  // 300 to 600 s, so that not all watches end at once.
  order.timeout = seconds{300 + static_cast<int>(300 * in.at.random)};
  watch_opened_ = in.at.now;
  watch_events_ = 0;
  is_anchored_ = !version_.empty() && version_ != "0";
  in.out.emplace_back(open_watch{++ticket_, std::move(order)});
}

void reflector::on_lines(const lines& what, step_context& in) {
  for (auto& text : what.texts)
    // An event may end the watch; what comes after it is not ours any more.
    if (what.ticket != ticket_ || !on_line(text, in))
      return;
}

bool reflector::on_line(const std::string& text, step_context& in) {
  std::array<unsigned char, 16 * 1024> first;
  json::monotonic_resource memory{first.data(), first.size()};
  auto event = parse_watch_line(text, &memory);
  if (!event) {
    if (auto skimmed = skim_watch_line(text);
        skimmed && on_unreadable_event(*skimmed, event.why().message, in))
      return true;
    in.out.emplace_back(close_watch{ticket_});
    on_broken_stream(event.why().message, in);
    return false;
  }
  return on_event(*event, in);
}

bool reflector::on_event(const watch_event& event, step_context& in) {
  auto* object = event.object.if_object();
  if (event.type == event_type::error && object)
    return on_error_event(*object, in);
  if (event.type == event_type::unknown || event.type == event_type::error
      || !object
      || !is_ours(*object, event.type == event_type::bookmark, false)) {
    ++counts_.skipped;
    return true;
  }
  if (is_anchored_ && is_newer(version_, version_of(*object)))
    return on_mixed_up_stream(in);
  barren_watches_ = 0;
  move_to(*object, event.type);
  if (event.type == event_type::bookmark) {
    ++counts_.bookmarks;
    return true;
  }
  ++counts_.events;
  ++watch_events_;
  if (event.type == event_type::deleted)
    drop(event.object, in);
  else
    take(event.object, false, in);
  return true;
}

// False when it is no event of an object of ours.
bool reflector::on_unreadable_event(const watch_event& event,
                                    const std::string& why, step_context& in) {
  auto& object = event.object.get_object();
  auto is_change
      = event.type == event_type::added || event.type == event_type::modified;
  if (!(is_change || event.type == event_type::deleted)
      || !is_ours(object, false, false))
    return false;
  barren_watches_ = 0;
  move_to(object, event.type);
  ++counts_.skipped;
  ++watch_events_;
  auto which = identity_of(object);
  if (!is_change) {
    if (known_.forget(which))
      in.sink.remove(which, nullptr);
    return true;
  }
  auto was = known_.forget(which.key);
  if (was)
    in.sink.remove({which.key, *was}, nullptr);
  // Said once: what can't be read stays unknown, whatever else happens to it.
  if (was || event.type == event_type::added)
    in.out.emplace_back(report{fmt::format(
        "{} {} can't be read and is ignored until that is mended: {}",
        what_.kind.kind, to_string(which.key), why)});
  return true;
}

bool reflector::on_error_event(const json::object& object, step_context& in) {
  auto status = to_status(object);
  note_age(in);
  in.out.emplace_back(close_watch{ticket_});
  watch_end how;
  how.status = status.code;
  how.body = json::serialize(object);
  on_refused_watch(how, status, in);
  return false;
}

void reflector::on_end(const ended& what, step_context& in) {
  if (what.ticket != ticket_)
    return;
  note_age(in);
  if (what.how.status != 200)
    return on_refused_watch(what.how, parse_status(what.how.body), in);
  auto is_short = in.at.now - watch_opened_ < short_watch;
  if (!is_short)
    short_watches_ = 0;
  if (!what.how.failure.empty() && (is_short || watch_events_ == 0))
    return on_broken_stream(what.how.failure, in);
  if (is_short && watch_events_ == 0)
    return back_off(plan::watch, "the watch ended at once without an event", {},
                    in);
  // One may be a server that is about to stop; more are a loop.
  if (is_short && ++short_watches_ > 1)
    return back_off(plan::watch, "one watch after the other ended at once", {},
                    in);
  begin_watch(in);
}

// The server refused a watch, or took it back with an ERROR event: both mean
// the same.
void reflector::on_refused_watch(const watch_end& how, const api_status& status,
                                 step_context& in) {
  if (how.status == 410 || status.is_expired())
    return on_expired(in);
  auto why = describe(ask(what_, verb::watch), {.status = how.status,
                                                .body = how.body,
                                                .retry_after = how.retry_after,
                                                .failure = how.failure});
  if (status.is_too_large_version() || how.status == 400)
    freshness_ = freshness::newest;
  else if (is_passing(how.status))
    return back_off(plan::watch, why, how.retry_after, in);
  back_off(plan::list, why, how.retry_after, in);
}

void reflector::on_expired(step_context& in) {
  ++counts_.expired;
  freshness_ = freshness::newest;
  if (!has_lasted_)
    return back_off(plan::list, "410 again soon after a list", {}, in);
  has_lasted_ = false;
  begin_list(in);
}

// The open watch has come to its end.
void reflector::note_age(const step_context& in) {
  has_lasted_ = has_lasted_ || in.at.now - watch_opened_ >= lasting_watch;
}

void reflector::on_broken_stream(std::string why, step_context& in) {
  why = fmt::format("the watch of {} broke: {}", what_.kind.plural, why);
  auto next = plan::watch;
  if (++barren_watches_ >= most_barren_watches) {
    barren_watches_ = 0;
    next = plan::list;
  }
  back_off(next, std::move(why), {}, in);
}

// An event that is older than the one before: a state that was told may not be
// the last. Always false.
bool reflector::on_mixed_up_stream(step_context& in) {
  in.out.emplace_back(close_watch{ticket_});
  back_off(plan::list,
           fmt::format("the watch of {} tells events in the wrong order",
                       what_.kind.plural),
           {}, in);
  return false;
}

// -- waiting ------------------------------------------------------------------

void reflector::back_off(plan next, std::string why,
                         std::optional<seconds> retry_after, step_context& in) {
  ++counts_.failures;
  after_sleep_ = next;
  auto time
      = backoff_.fail(in.at.now, watch_backoff, retry_after, in.at.random);
  in.out.emplace_back(report{std::move(why)});
  in.out.emplace_back(sleep{++ticket_, time});
}

void reflector::on_woken(step_context& in) {
  switch (after_sleep_) {
    case plan::list:
      return begin_list(in);
    case plan::page:
      return ask_page(in);
    case plan::watch:
      return begin_watch(in);
  }
}

// -- objects ------------------------------------------------------------------

void reflector::take(const json::value& object, bool from_list,
                     step_context& in) {
  if (from_list && !is_ours(object.get_object(), false, true)) {
    ++counts_.skipped;
    return;
  }
  auto which = identity_of(object.get_object());
  // A new object under a known name: the old one's end was merged away.
  if (auto replaced = known_.note(which))
    in.sink.remove({which.key, *replaced}, nullptr);
  in.sink.upsert(object);
}

void reflector::drop(const json::value& object, step_context& in) {
  auto which = identity_of(object.get_object());
  if (known_.forget(which))
    in.sink.remove(which, &object);
}

void reflector::move_to(const json::object& object, event_type type) {
  auto version = version_of(object);
  // The events that begin a watch without a version are the present objects in
  // no order of versions.
  is_anchored_ = is_anchored_ || type != event_type::added;
  if (is_anchored_ && !version.empty())
    version_ = std::move(version);
}

bool reflector::is_ours(const json::object& object, bool is_bookmark,
                        bool is_item) const {
  return is_of_kind(object, what_.kind, what_.metadata_only, is_item)
         && (is_bookmark || !text_at(object, "metadata", "name").empty());
}

} // namespace holystone::k8s_io
