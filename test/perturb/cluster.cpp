#include "cluster.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/predecessor_objects.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::perturb {

namespace json = boost::json;
using namespace k8s_io;

namespace {

/// What controllers do not find by themselves they find when they look around.
constexpr seconds resync{60};

/// What the server sets; without it an object can be made again.
void strip(json::object& object) {
  auto& metadata = object["metadata"].as_object();
  for (auto name : {"uid", "resourceVersion", "creationTimestamp", "generation",
                    "managedFields", "deletionTimestamp",
                    "deletionGracePeriodSeconds", "finalizers"})
    metadata.erase(name);
  if (text_at(object, "kind") != "Job")
    return;
  object["spec"].as_object().erase("selector");
  auto erase_labels = [](json::value* of) {
    if (of)
      for (auto name : {"controller-uid", "batch.kubernetes.io/controller-uid",
                        "job-name", "batch.kubernetes.io/job-name"})
        of->as_object().erase(name);
  };
  erase_labels(metadata.if_contains("labels"));
  erase_labels(const_cast<json::value*>(
      k8s_io::find(object, "spec", "template", "metadata", "labels")));
}

} // namespace

std::string place::target() const {
  return api + (ns.empty() ? "" : "/namespaces/" + ns) + "/" + plural
         + (name.empty() ? "" : "/" + name);
}

cluster::cluster(std::uint64_t seed) : world(36, seed) {
  world.on_start = [this](const json::value& pod,
                          const simulator::container_run& run, instant start) {
    started(pod, run, start);
  };
}

void cluster::started(const json::value& pod,
                      const simulator::container_run& run, instant start) {
  // The mover leaves at once when it has no ticket.
  if (run.duration == seconds{0})
    return;
  auto location = is_of_fork(pod) ? std::string{"fork"}
                                  : text_at(pod, "metadata", "labels",
                                            names::location_hash);
  if (location.empty())
    return;
  tenant one{
      location,
      text_at(pod, "metadata", "uid"),
      {text_at(pod, "metadata", "namespace"), text_at(pod, "metadata", "name")},
      text_at(pod, "spec", "nodeName") == "second",
      run.duration ? start + *run.duration : instant::max()};
  // A node that nobody hears from still heeds the pod's own deadline (A-5).
  if (auto limit = integer_at(pod, "spec", "activeDeadlineSeconds"))
    one.ends = std::min(one.ends, start + seconds{*limit});
  for (const auto& other : tenants_)
    if (other.pod_uid != one.pod_uid && is_running(other)
        && (other.location == location || other.location == "fork"
            || location == "fork"))
      violations.push_back(fmt::format(
          "O4: at {} pod {} starts while pod {} still maintains",
          to_rfc3339(start), to_string(one.pod), to_string(other.pod)));
  tell(fmt::format("node: pod {} starts to maintain", to_string(one.pod)));
  tenants_.push_back(std::move(one));
}

bool cluster::is_running(const tenant& one) {
  if (world.now >= one.ends)
    return false;
  const auto& node = one.on_second ? *second_ : world.controllers().node();
  auto i = node.running().find(one.pod);
  if (i == node.running().end() || i->second.uid != one.pod_uid)
    return false;
  for (const auto& container : i->second.containers)
    if (!container.end)
      return true;
  return false;
}

bool cluster::run() {
  if (seen_revision_ == world.server().revision()
      && (!wakes_ || world.now < *wakes_))
    return false;
  wakes_ = earlier(step(), world.now + resync);
  seen_revision_ = world.server().revision();
  return true;
}

void cluster::leave_alone(std::uint64_t revision_before) {
  if (seen_revision_ == revision_before)
    seen_revision_ = world.server().revision();
}

std::optional<instant> cluster::step() {
  auto next = world.controllers().step(world.now);
  if (second_) {
    for (auto before = world.server().revision() + 1;
         before != world.server().revision();) {
      before = world.server().revision();
      next = earlier(second_->step(world.now),
                     world.controllers().step(world.now));
    }
  }
  std::erase_if(tenants_, [this](const tenant& one) {
    return !is_running(one) && world.now >= one.ends;
  });
  return next;
}

void cluster::cut_first_node(bool off) {
  tell(off ? "FAULT: the node falls silent" : "FAULT: the node is back");
  world.controllers().node().freeze(off);
  if (!second_)
    second_.emplace(world.server(), world.as_workload(),
                    simulator::node_options{.name = "second"});
}

json::value cluster::ask(const std::string& method, const std::string& target,
                         const std::string& body, bool may_fail) {
  auto type
      = method == "PATCH" ? "application/merge-patch+json" : "application/json";
  auto answer = world.call(method, target, body, type);
  auto failed = text_at(answer, "status") == "Failure";
  if (method != "GET")
    tell(fmt::format("people: {} {} {}{}", method, target, body.substr(0, 160),
                     failed ? " -> " + text_at(answer, "message") : ""));
  if (failed && !may_fail)
    violations.push_back(fmt::format("the story broke: {} {}: {}", method,
                                     target, text_at(answer, "message")));
  return answer;
}

json::value cluster::patch(const place& where, const std::string& merge,
                           bool may_fail) {
  return ask("PATCH", where.target(), merge, may_fail);
}

bool cluster::exists(const place& where) {
  return !text_at(world.call("GET", where.target()), "metadata", "uid").empty();
}

place cluster::find(const std::string& api, const std::string& plural,
                    const std::string& ns, const std::string& start) {
  place where{api, plural, ns, {}};
  auto list = world.call("GET", where.target());
  for (const auto& item : items_at(list, "items"))
    if (auto name = text_at(item, "metadata", "name");
        name.starts_with(start)) {
      where.name = name;
      where.ns = text_at(item, "metadata", "namespace");
      break;
    }
  return where;
}

std::string cluster::copy(const place& from, const place& to) {
  auto object = world.call("GET", from.target());
  if (text_at(object, "metadata", "uid").empty())
    return {};
  strip(object.as_object());
  object.at("metadata").as_object()["name"] = to.name;
  auto made = ask("POST", place{to.api, to.plural, to.ns, {}}.target(),
                  json::serialize(object), true);
  return text_at(made, "metadata", "uid");
}

std::string cluster::swap(const place& where) {
  auto object = world.call("GET", where.target());
  if (text_at(object, "metadata", "uid").empty())
    return {};
  auto& old = object.as_object();
  ask("PATCH", where.target(), R"({"metadata":{"finalizers":null}})", true);
  ask("DELETE", where.target(),
      R"({"gracePeriodSeconds":0,"propagationPolicy":"Background"})", true);
  strip(old);
  auto made = ask("POST", place{where.api, where.plural, where.ns, {}}.target(),
                  json::serialize(old), true);
  return text_at(made, "metadata", "uid");
}

} // namespace holystone::perturb
