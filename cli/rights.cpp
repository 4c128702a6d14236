#include "cli/rights.hpp"

#include <fmt/format.h>

#include <initializer_list>

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
  void add(std::string_view group, words resources, words verbs,
           std::string_view name = {}) {
    for (auto resource : resources)
      for (auto verb : verbs)
        all_.push_back({group, resource, verb, at_home_, name});
  }

  /// What is added from here on is for the operator's namespace.
  void go_home() {
    at_home_ = true;
  }

  std::vector<right> take() {
    return std::move(all_);
  }

private:
  std::vector<right> all_;
  bool at_home_ = false;
};

json::object question(const right& what, const std::string& home) {
  auto slash = what.resource.find('/');
  json::object asked{{"group", what.group},
                     {"resource", what.resource.substr(0, slash)},
                     {"verb", what.verb}};
  if (slash != what.resource.npos)
    asked["subresource"] = what.resource.substr(slash + 1);
  if (what.at_home)
    asked["namespace"] = home;
  if (!what.name.empty())
    asked["name"] = what.name;
  return asked;
}

request review(const right& what, const std::string& home,
               const std::string& account) {
  json::object spec{{"resourceAttributes", question(what, home)}};
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

std::vector<right> needed_rights(bool wants_tokens) {
  const words read{"get", "list", "watch"};
  const words keep{"get", "list", "watch", "create", "patch", "delete"};
  constexpr std::string_view own = "volsync.backube";
  rights all;
  all.add(own, {"replicationsources", "kopiamaintenances"}, read);
  all.add(own, {"replicationsources/status", "kopiamaintenances/status"},
          {"patch"});
  all.add(own, {"kopiamaintenances"}, {"patch"});
  all.add("", {"secrets", "configmaps", "pods"}, read);
  all.add("", {"persistentvolumes"}, {"get"});
  all.add("", {"persistentvolumeclaims"}, keep);
  all.add("batch", {"cronjobs", "jobs"}, keep);
  all.add("batch", {"cronjobs/status"}, {"patch"});
  all.add("", {"serviceaccounts"},
          {"list", "watch", "create", "patch", "delete"},
          names::service_account);
  all.add("", {"events"}, {"create"});
  all.add("coordination.k8s.io", {"leases"}, {"list"});
  if (wants_tokens) {
    all.add("authentication.k8s.io", {"tokenreviews"}, {"create"});
    all.add("authorization.k8s.io", {"subjectaccessreviews"}, {"create"});
  }
  all.go_home();
  all.add("", {"secrets"}, {"create", "patch", "delete"});
  all.add("coordination.k8s.io", {"leases"}, keep);
  return all.take();
}

std::string to_string(const right& what, const std::string& home) {
  auto text = fmt::format("{} {}", what.verb, what.resource);
  if (!what.group.empty())
    text += fmt::format(" ({})", what.group);
  if (!what.name.empty())
    text += fmt::format(" called {}", what.name);
  return text + (what.at_home ? " in " + home : " in all namespaces");
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
      found.missing.push_back(to_string(what, home));
  }
  return found;
}

} // namespace holystone::cli
