#include "cli/cluster.hpp"

#include <chrono>
#include <future>
#include <utility>

#include "k8s_io/list_pages.hpp"

namespace holystone::cli {

using namespace k8s_io;
namespace json = boost::json;

result<credentials> load_credentials(const config::options& how) {
  auto sources = find_credentials(how.kubeconfig);
  if (!sources)
    return sources.why();
  return credentials::load(std::move(*sources),
                           std::chrono::steady_clock::now());
}

cluster::cluster(credentials who) : net_(std::move(who)) {
  // nop
}

result<std::unique_ptr<cluster>> cluster::reach(const config::options& how) {
  auto who = load_credentials(how);
  if (!who)
    return who.why();
  return std::make_unique<cluster>(std::move(*who));
}

response cluster::ask(const request& what) {
  std::promise<response> answered;
  net_.submit(what, [&](response got) { answered.set_value(std::move(got)); });
  return answered.get_future().get();
}

result<json::value> cluster::get(const resource& kind, const object_key& key) {
  auto what = k8s_io::get(kind, key);
  auto answer = ask(what);
  if (answer.status == 404)
    return json::value{};
  if (!answer.ok())
    return error{describe(what, answer)};
  boost::system::error_code failed;
  auto object = json::parse(answer.body, failed);
  if (failed)
    return error{describe(what, answer)};
  return object;
}

std::optional<error>
cluster::each(const resource& kind, const std::string& ns, std::string labels,
              std::string fields,
              const std::function<void(const json::value&)>& take) {
  request what;
  what.what = verb::list;
  what.kind = kind;
  what.ns = ns;
  what.label_selector = std::move(labels);
  what.field_selector = std::move(fields);
  auto answer = ask(what);
  if (!answer.ok())
    return error{describe(what, answer)};
  // Each item's memory is used again for the next, and a copy of a value lives
  // where that does; who is told here may keep what he copies.
  auto all = read_list(answer.body, {[&](const json::value& one) {
                         take(json::value(one, json::storage_ptr{}));
                       }});
  return all ? std::nullopt : std::optional{all.why()};
}

result<bool> cluster::change(const request& what) {
  auto answer = ask(what);
  // 422: another object has the name.
  if (answer.status == 404 || answer.status == 409 || answer.status == 422)
    return false;
  if (!answer.ok())
    return error{describe(what, answer)};
  return true;
}

} // namespace holystone::cli
