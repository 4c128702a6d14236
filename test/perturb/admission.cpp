// What stands between us and the stored object: webhooks that change or refuse
// (PERTURB-15), quotas and limits (17).

#include "family.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::perturb {

namespace json = boost::json;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// The kinds that the operator writes in a story.
std::set<std::string> kinds_of(const story& told) {
  std::set<std::string> all;
  for (const auto& one : reference_of(told).all_writes)
    all.insert(std::string{one.what.kind.plural});
  return all;
}

json::object& child(json::object& of, std::string_view name) {
  auto& value = of[name];
  if (!value.is_object())
    value = json::object{};
  return value.as_object();
}

/// A webhook that adds something to what we send.
const std::vector<std::string> additions{"annotation", "label", "resources",
                                         "volume"};

json::object* pod_of(json::object& object) {
  auto* spec = object.if_contains("spec");
  if (!spec || !spec->is_object())
    return nullptr;
  auto* job = &spec->as_object();
  if (auto* of = job->if_contains("jobTemplate"))
    job = &child(of->as_object(), "spec");
  auto* pod = job->if_contains("template");
  return pod ? &child(pod->as_object(), "spec") : nullptr;
}

void add(json::object& object, const std::string& what) {
  auto& metadata = child(object, "metadata");
  if (what == "annotation")
    child(metadata, "annotations")["policy.example/seen"] = "yes";
  if (what == "label")
    child(metadata, "labels")["policy.example/team"] = "a";
  auto* pod = pod_of(object);
  if (!pod || !pod->contains("containers"))
    return;
  if (what == "resources")
    for (auto& one : (*pod)["containers"].as_array())
      child(child(one.as_object(), "resources"), "requests")["cpu"] = "50m";
  if (what == "volume") {
    auto& volumes = (*pod)["volumes"];
    if (!volumes.is_array())
      volumes = json::array{};
    volumes.as_array().push_back(
        {{"name", "extra"}, {"emptyDir", json::object{}}});
  }
}

std::vector<plan> webhooks() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (const auto& kind : kinds_of(told)) {
      for (const auto& what : additions)
        all.push_back(
            {"PERTURB-15", told.name, {{"adds", what}, {"kind", kind}}});
      for (auto moment : {seconds{0}, told.busy})
        all.push_back({"PERTURB-15",
                       told.name,
                       {{"at", std::to_string(moment.count())},
                        {"kind", kind},
                        {"refuses", "yes"}}});
    }
  return all;
}

bool creates(const request& asked) {
  return asked.what == verb::create || asked.what == verb::apply;
}

/// For two minutes every write of a kind is refused.
void refuse(play& on, const plan& what, bool (*concerns)(const request&),
            response told) {
  auto kind = what.text("kind");
  auto until = std::make_shared<instant>();
  on.at(seconds{what.number("at")}, [&on, until, kind] {
    on.fault("writes are refused for two minutes: " + kind);
    *until = on.on.world.now + 2min;
    // What is refused for good is looked at again after five minutes.
    on.hold(9min);
  });
  on.through.on_request = [&on, until, kind, concerns,
                           told](process&, const request& asked, unsigned) {
    passage way;
    if (on.on.world.now < *until && is_write(asked) && asked.kind.plural == kind
        && concerns(asked)) {
      on.faults += 1;
      way.arrives = false;
      way.told = told;
    }
    return way;
  };
}

response refusal(int code, const std::string& reason,
                 const std::string& message) {
  return {code,
          fmt::format(R"({{"kind":"Status","status":"Failure","code":{},)"
                      R"("reason":"{}","message":"{}"}})",
                      code, reason, message),
          {},
          {},
          false};
}

void arrange_webhook(play& on, const plan& what) {
  auto kind = what.text("kind");
  if (what.text("refuses") == "yes") {
    refuse(
        on, what, [](const request&) { return true; },
        refusal(403, "Forbidden", "admission webhook denied the request"));
    return;
  }
  on.fault("a webhook changes " + kind);
  auto adds = what.text("adds");
  on.expects.may_differ.insert("policy.example");
  // The API server gives a Job without labels those of its pods, which it makes
  // up itself.
  if (adds == "label" && kind == "jobs")
    for (auto made_up :
         {"/labels/batch.kubernetes.io/controller-uid",
          "/labels/controller-uid", "/labels/batch.kubernetes.io/job-name",
          "/labels/job-name"})
      on.expects.may_differ.insert("/metadata"s + made_up);
  if (adds == "resources" || adds == "volume") {
    on.expects.may_differ.insert("/resources/requests");
    on.expects.may_differ.insert("/volumes/");
  }
  on.through.on_request
      = [kind, adds](process&, const request& asked, unsigned) {
          passage way;
          if (!creates(asked) || asked.kind.plural != kind
              || !asked.subresource.empty())
            return way;
          auto object = json::parse(asked.body.text());
          add(object.as_object(), adds);
          way.instead = asked;
          way.instead->body = json::serialize(object);
          return way;
        };
}

// -- PERTURB-17 ---------------------------------------------------------------

struct limit {
  const char* name;
  int code;
  const char* reason;
  const char* message;
};

constexpr limit limits[]{
    {"quota", 403, "Forbidden", "exceeded quota: count, used: 10, limited: 10"},
    {"too-large", 413, "RequestEntityTooLarge", "request is too large"},
    {"etcd", 500, "InternalError", "etcdserver: request is too large"},
    {"full", 500, "InternalError", "etcdserver: mvcc: database space exceeded"},
    {"conflict", 409, "Conflict", "Operation cannot be fulfilled on quotas"}};

std::vector<plan> quotas() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (const auto& kind : kinds_of(told))
      for (const auto& one : limits)
        for (auto moment : {seconds{0}, told.busy})
          all.push_back({"PERTURB-17",
                         told.name,
                         {{"at", std::to_string(moment.count())},
                          {"kind", kind},
                          {"limit", one.name}}});
  return all;
}

void arrange_quota(play& on, const plan& what) {
  auto name = what.text("limit");
  const auto* one = std::ranges::find_if(
      limits, [&](const limit& known) { return name == known.name; });
  refuse(on, what, creates, refusal(one->code, one->reason, one->message));
}

} // namespace

std::vector<family> admission_families() {
  return {
      {"PERTURB-15", "webhooks add to our objects or refuse them",
       "Jobs that the CronJob controller makes: test/actors/volumes_injected",
       webhooks, arrange_webhook},
      {"PERTURB-17", "quotas and sizes refuse our objects",
       "a LimitRange is the `resources` webhook of PERTURB-15", quotas,
       arrange_quota}};
}

} // namespace holystone::perturb
