#include "cli/rights.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <set>

#include "actors/doorkeeper.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"

namespace holystone::cli {

using namespace k8s_io;
namespace json = boost::json;

namespace {

using words = std::initializer_list<std::string_view>;

constexpr resource own_reviews{"authorization.k8s.io", "v1",
                               "selfsubjectaccessreviews",
                               "SelfSubjectAccessReview", false};
constexpr resource reviews{"authorization.k8s.io", "v1", "subjectaccessreviews",
                           "SubjectAccessReview", false};

/// Collects rights as a role names them: all verbs on all resources.
class rights {
public:
  void add(const std::string& ns, std::string_view group, words resources,
           words verbs, std::string_view name = {}) {
    for (auto resource : resources)
      for (auto verb : verbs)
        all_.push_back({group, resource, verb, ns, name});
  }

  std::vector<right> take() {
    return std::move(all_);
  }

private:
  std::vector<right> all_;
};

json::object question(const right& what) {
  auto slash = what.resource.find('/');
  json::object asked{{"group", what.group},
                     {"resource", what.resource.substr(0, slash)},
                     {"verb", what.verb}};
  if (slash != what.resource.npos)
    asked["subresource"] = what.resource.substr(slash + 1);
  if (!what.ns.empty())
    asked["namespace"] = what.ns;
  if (!what.name.empty())
    asked["name"] = what.name;
  return asked;
}

request review(const right& what, const std::string& home,
               const std::string& account) {
  json::object spec{{"resourceAttributes", question(what)}};
  if (!account.empty()) {
    spec["user"] = fmt::format("system:serviceaccount:{}:{}", home, account);
    spec["groups"]
        = json::array{"system:serviceaccounts",
                      "system:serviceaccounts:" + home, "system:authenticated"};
  }
  request call;
  call.what = verb::create;
  call.kind = account.empty() ? own_reviews : reviews;
  call.body
      = json::serialize(json::object{{"apiVersion", "authorization.k8s.io/v1"},
                                     {"kind", call.kind.kind},
                                     {"spec", std::move(spec)}});
  return call;
}

} // namespace

std::vector<right> needed_rights(const config::options& settings) {
  const words read{"get", "list", "watch"};
  const words keep{"get", "list", "watch", "create", "patch", "delete"};
  constexpr std::string_view own = "volsync.backube";
  const auto& home = settings.ns;
  const std::string everywhere;
  auto is_narrow = !settings.namespaces.empty();
  std::set<std::string> served{settings.namespaces.begin(),
                               settings.namespaces.end()};
  if (!is_narrow)
    served.insert(everywhere);
  rights all;
  for (const auto& ns : served) {
    all.add(ns, own, {"replicationsources", "kopiamaintenances"}, read);
    all.add(ns, own, {"replicationsources/status", "kopiamaintenances/status"},
            {"patch"});
    all.add(ns, own, {"kopiamaintenances"}, {"patch"});
    all.add(ns, "", {"configmaps"}, read);
  }
  auto maintained = std::move(served);
  if (is_narrow)
    maintained.insert(home);
  for (const auto& ns : maintained) {
    all.add(ns, "", {"secrets", "pods"}, read);
    all.add(ns, "", {"persistentvolumeclaims"}, keep);
    all.add(ns, "batch", {"cronjobs", "jobs"}, keep);
    all.add(ns, "batch", {"cronjobs/status"}, {"patch"});
    all.add(ns, "", {"serviceaccounts"},
            {"list", "watch", "create", "patch", "delete"},
            names::service_account);
    all.add(ns, "", {"events"}, {"create"});
  }
  // Without them a volume is known by its claim, and other installs go unseen.
  if (!is_narrow) {
    all.add(everywhere, "", {"persistentvolumes"}, {"get"});
    all.add(everywhere, "coordination.k8s.io", {"leases"}, {"list"});
  }
  if (actors::wants_tokens(settings)) {
    all.add(everywhere, "authentication.k8s.io", {"tokenreviews"}, {"create"});
    all.add(everywhere, "authorization.k8s.io", {"subjectaccessreviews"},
            {"create"});
  }
  all.add(home, "", {"secrets"}, {"create", "patch", "delete"});
  all.add(home, "coordination.k8s.io", {"leases"}, keep);
  return all.take();
}

std::string to_string(const right& what) {
  auto text = fmt::format("{} {}", what.verb, what.resource);
  if (!what.group.empty())
    text += fmt::format(" ({})", what.group);
  if (!what.name.empty())
    text += fmt::format(" called {}", what.name);
  return text + " in " + (what.ns.empty() ? "all namespaces" : what.ns);
}

allowances ask_rights(cluster& api, const std::vector<right>& needed,
                      const std::string& home, const std::string& account) {
  allowances found;
  for (const auto& what : needed) {
    auto call = review(what, home, account);
    auto answer = api.ask(call);
    boost::system::error_code failed;
    auto told = json::parse(answer.body, failed);
    auto allowed = flag_at(told, "status", "allowed");
    if (!answer.ok() || failed || !allowed) {
      found.unknown = describe(call, answer);
      return found;
    }
    if (!*allowed)
      found.missing.push_back(to_string(what));
  }
  return found;
}

} // namespace holystone::cli
