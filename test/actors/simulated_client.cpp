#include "simulated_client.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/predecessor_objects.hpp"
#include "k8s_io/yaml.hpp"
#include "simulator/server_core.hpp"

#include <caf/send.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace holystone::actors {

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Our CRDs as JSON, read once.
const std::vector<std::string>& definitions() {
  static const auto all = [] {
    std::vector<std::string> texts;
    for (const auto& entry : std::filesystem::directory_iterator{
             std::filesystem::path{HOLYSTONE_SOURCE_DIR} / "deploy/crds"})
      if (entry.path().extension() == ".yaml") {
        const auto documents = read_yaml(text_of(entry.path()));
        for (const auto& one : *documents)
          texts.push_back(boost::json::serialize(one));
      }
    return texts;
  }();
  return all;
}

} // namespace

simulated_world::simulated_world(int minor, std::uint64_t seed)
    : server_({.seed = seed, .minor = minor}) {
  controllers_.emplace(server_, as_workload());
  serve_definitions();
  install("apiVersion: v1\nkind: Namespace\nmetadata: {name: "
          "volsync-system}\n");
}

void simulated_world::serve_definitions() {
  for (const auto& definition : definitions())
    call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
         definition);
}

simulator::workload simulated_world::as_workload() {
  return [this](const boost::json::value& pod,
                const boost::json::value& container, instant start) {
    auto run = movers_.run(pod, container, start);
    if (is_of_fork(pod))
      run.duration = fork_runs_take;
    if (on_start)
      on_start(pod, run, start);
    return run;
  };
}

void simulated_world::install(const std::string& manifest) {
  if (auto why = server_.install(manifest, now))
    throw std::runtime_error(why->message);
}

boost::json::value simulated_world::call(std::string method, std::string target,
                                         std::string body,
                                         std::string content_type) {
  auto told = server_.handle({std::move(method), std::move(target),
                              std::move(content_type), "application/json",
                              std::move(body), "admin", "kubectl"},
                             now);
  return boost::json::parse(told.body);
}

std::vector<boost::json::value> simulated_world::contents() {
  auto& core = server_.core();
  std::vector<boost::json::value> all;
  for (const auto& kind : core.kinds.all())
    if (kind.kind != "Event" && kind.kind != "CustomResourceDefinition")
      for (const auto& [key, object] : core.objects.of(kind.id()).objects)
        all.push_back(object->value());
  return all;
}

void simulated_world::become(const std::vector<boost::json::value>& contents,
                             const simulated_world& movers_of) {
  auto& core = server_.core();
  for (const auto& kind : core.kinds.all())
    if (kind.kind != "CustomResourceDefinition")
      for (const auto& [key, object] :
           std::map{core.objects.of(kind.id()).objects})
        core.objects.erase(kind.id(), object->value());
  core.objects.compact();
  for (auto object : contents)
    if (const auto* kind = core.kinds.find_kind(text_at(object, "apiVersion"),
                                                text_at(object, "kind")))
      core.objects.put(kind->id(), object);
  movers_ = movers_of.movers_;
  controllers_.emplace(server_, movers_.as_workload());
}

void simulated_world::run() {
  controllers_->step(now);
  std::map<std::string, int> running;
  auto pods = call("GET", "/api/v1/pods");
  for (const auto& pod : items_at(pods, "items"))
    for (const auto& status : items_at(pod, "status", "containerStatuses"))
      if (find(status, "state", "running")
          && ++running[text_at(pod, "metadata", "labels", names::location_hash)]
                 > 1)
        throw std::logic_error("two pods maintain one repository");
}

simulator::reply simulated_world::perform(const request& what) {
  return server_.handle({std::string{to_method(what.what)}, to_target(what),
                         std::string{content_type(what)}, accept(what),
                         to_body(what), "holystone", "holystone/test"},
                        now);
}

response simulated_world::answer(const request& what) {
  static constexpr std::array<std::string_view, 8> words{
      "get",   "list",        "watch",      "create",
      "apply", "merge_patch", "json_patch", "remove"};
  auto fate = decide ? decide(what) : fate::done;
  response out;
  out.failure = "the connection broke";
  if (fate == fate::not_sent)
    return out;
  if (fate == fate::forbidden)
    return {403,
            R"({"kind":"Status","code":403,"reason":"Forbidden",
               "message":"the operator may not do this"})",
            std::nullopt,
            {},
            false};
  auto told = perform(what);
  auto is_write = what.what != verb::get && what.what != verb::list;
  if (is_write)
    writes.push_back(fmt::format(
        "{} {}{}", words[static_cast<std::size_t>(what.what)], what.kind.plural,
        what.subresource.empty() ? "" : "/status"));
  if (fate == fate::reply_lost)
    return out;
  return {told.status, told.body, told.retry_after, {}, false};
}

void simulated_world::open(std::uint64_t ticket, const request& what,
                           const stream_sink& sink) {
  auto told = perform(what);
  if (!told.watch) {
    caf::anon_send(sink, end_atom::value, ticket,
                   watch_end{told.status, told.body, {}, told.retry_after});
    return;
  }
  std::optional<instant> until;
  if (told.watch_timeout)
    until = now + *told.watch_timeout;
  watches_.push_back(
      {sink, ticket, *told.watch, until, std::string{what.kind.plural}});
}

void simulated_world::close(const stream_sink& sink, std::uint64_t ticket) {
  std::erase_if(watches_, [&](const watch& one) {
    auto is_it = one.ticket == ticket && one.sink == sink;
    if (is_it)
      server_.close(one.id);
    return is_it;
  });
}

void simulated_world::tell() {
  std::erase_if(watches_, [&](watch& one) {
    if (now.time_since_epoch() % seconds{60} == seconds{0})
      server_.bookmark(one.id);
    auto batch = server_.pull(one.id);
    if (one.plural == unheard) {
      one.has_missed = true;
      return false;
    }
    if (one.has_missed)
      batch.lines = R"({"type":"ERROR","object":{"kind":"Status","code":410,)"
                    R"("status":"Failure","reason":"Expired"}})"
                    "\n";
    std::vector<std::string> lines;
    std::istringstream in{batch.lines};
    for (std::string line; std::getline(in, line);)
      lines.push_back(line);
    if (!lines.empty())
      caf::anon_send(one.sink, lines_atom::value, one.ticket,
                     watch_lines{std::move(lines)});
    auto over
        = batch.ended || one.has_missed || (one.until && now >= *one.until);
    if (!over)
      return false;
    if (!batch.ended)
      server_.close(one.id);
    caf::anon_send(one.sink, end_atom::value, one.ticket,
                   watch_end{200, {}, {}, {}});
    return true;
  });
}

api_client::behavior_type simulated_client(api_client::pointer self,
                                           simulated_world* world) {
  auto answer = [world](const request_ptr& what) {
    return response_ptr{std::make_shared<const response>(world->answer(*what))};
  };
  return {
      [answer](call_atom, const request_ptr& what) { return answer(what); },
      [answer](urgent_atom, const request_ptr& what) { return answer(what); },
      [world](watch_atom, std::uint64_t ticket, const request_ptr& what,
              const stream_sink& sink) { world->open(ticket, *what, sink); },
      [](credit_atom, const stream_sink&, std::uint64_t, std::uint64_t) {
        // A test's watches are never too fast.
      },
      [world](cancel_atom, const stream_sink& sink, std::uint64_t ticket) {
        world->close(sink, ticket);
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
