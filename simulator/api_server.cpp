#include "simulator/api_server.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/yaml.hpp"
#include "simulator/collector.hpp"
#include "simulator/reads.hpp"
#include "simulator/router.hpp"
#include "simulator/store.hpp"
#include "simulator/verbs.hpp"

#include <fmt/format.h>

namespace holystone::simulator {

namespace json = boost::json;

std::string server_core::new_uid() {
  auto high = random();
  auto low = random();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32U,
                     high >> 16U & 0xffffU, high & 0xfffU,
                     (low >> 48U & 0x3fffU) | 0x8000U, low & 0xffff'ffff'ffffU);
}

std::string server_core::new_suffix() {
  // No vowels and nothing that looks alike, as the real server does it.
  constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
  std::string out;
  for (int i = 0; i < 5; ++i)
    out += letters[random() % letters.size()];
  return out;
}

api_server::api_server(server_options options)
    : core_(std::make_unique<server_core>(std::move(options))) {
  // nop
}

api_server::~api_server() = default;

reply api_server::handle(const call& what, instant now) {
  return route(*core_, what, now);
}

std::optional<error> api_server::install(std::string_view manifest,
                                         instant now) {
  auto documents = k8s_io::read_yaml(manifest);
  if (!documents)
    return documents.why();
  for (auto& each : *documents) {
    auto api_version = k8s_io::text_at(each, "apiVersion");
    auto kind_name = k8s_io::text_at(each, "kind");
    auto name = k8s_io::text_at(each, "metadata", "name");
    auto kind = core_->kinds.find_kind(api_version, kind_name);
    if (kind == nullptr)
      return error{fmt::format("manifest {} {}: the simulated API server does "
                               "not serve {}; install its "
                               "CustomResourceDefinition first",
                               kind_name, name, api_version)};
    write_context how;
    how.manager = "simulator";
    how.now = now;
    auto ns = k8s_io::text_at(each, "metadata", "namespace");
    if (kind->namespaced && ns.empty())
      ns = "default";
    auto copy = *kind;
    auto made = create_object(*core_, copy, ns, each, how);
    if (!made)
      return error{fmt::format("manifest {} {}: {}", kind_name, name,
                               made.why().message)};
  }
  return std::nullopt;
}

watch_batch api_server::pull(watch_id id, std::size_t most) {
  return pull_watch(*core_, id, most);
}

bool api_server::has_news(watch_id id) const {
  auto found = core_->watches.find(id);
  if (found == core_->watches.end())
    return true;
  auto& watch = found->second;
  return !watch.initial.empty() || watch.initial_end_due
         || watch.cursor < core_->objects.version()
         || (watch.bookmark_due && watch.bookmarks);
}

void api_server::bookmark(watch_id id) {
  if (auto found = core_->watches.find(id); found != core_->watches.end())
    found->second.bookmark_due = true;
}

void api_server::close(watch_id id) {
  core_->watches.erase(id);
}

void api_server::compact() {
  core_->objects.compact();
}

std::optional<instant> api_server::step(instant now) {
  store view{*this, "kube-controller-manager", now,
             "garbage-collector-controller"};
  return collect_garbage(*core_, now,
                         [&](const json::value& about, std::string_view reason,
                             std::string_view message) {
                           view.event(about, "Warning", reason, message);
                         });
}

std::uint64_t api_server::revision() const {
  return core_->objects.version();
}

int api_server::minor() const {
  return core_->options.minor;
}

const kind_registry& api_server::kinds() const {
  return core_->kinds;
}

void api_server::set_log(const object_key& pod, std::string text) {
  core_->logs[pod] = std::move(text);
}

server_core& api_server::core() {
  return *core_;
}

} // namespace holystone::simulator
