#include "cli/installed.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

#include "k8s_io/fields.hpp"
#include "k8s_io/leader_lease.hpp"
#include "k8s_io/names.hpp"

namespace holystone::cli {

using namespace k8s_io;
namespace json = boost::json;

namespace {

/// Whoever waits for the Lease waits this much longer than its term, and clocks
/// differ.
constexpr seconds tolerance{30};

bool names_operator(const json::value& word) {
  return word.is_string() && word.get_string() == "operator";
}

/// The words after `operator` on the command line of a container.
std::vector<std::string> words_of(const json::object& container) {
  std::vector<std::string> words;
  auto begun = false;
  for (const auto* field : {"command", "args"})
    for (const auto& word : items_at(container, field)) {
      if (begun && word.is_string())
        words.emplace_back(word.get_string());
      begun = begun || names_operator(word);
    }
  return words;
}

std::string variable_of(const json::object& container, std::string_view name) {
  for (const auto& one : items_at(container, "env"))
    if (text_at(one, "name") == name)
      return text_at(one, "value");
  return {};
}

/// The pod that leads has its name before the last underscore.
std::string pod_of(const std::string& holder) {
  return holder.substr(0, holder.rfind('_'));
}

/// Where the arguments of the operator stand.
struct origin {
  std::optional<json::object> container;
  /// Of the pod that the container is in.
  std::string account;
  std::string why_not;
};

origin find_container(cluster& api, const std::string& ns,
                      const std::string& holder) {
  origin found;
  auto take = [&](const json::value& pod) {
    const auto* one = operator_container(pod);
    if (!one)
      return;
    found.container = *one;
    found.account = text_at(pod, "spec", "serviceAccountName");
    // What Kubernetes gives to pods that name none.
    if (found.account.empty())
      found.account = "default";
  };
  if (!holder.empty()) {
    auto pod = api.get(resources::pods, {ns, pod_of(holder)});
    if (!pod)
      found.why_not = pod.why().message;
    else if (pod->is_null())
      found.why_not = fmt::format("there is no pod {}/{}", ns, pod_of(holder));
    else
      take(*pod);
  }
  if (found.container)
    return found;
  auto failed
      = api.each(deployments, ns, {}, {}, [&](const json::value& deployment) {
          if (const auto* pod = find(deployment, "spec", "template"))
            take(*pod);
        });
  if (!found.container && found.why_not.empty())
    found.why_not
        = failed ? failed->message
                 : fmt::format("no Deployment in namespace {} runs it", ns);
  return found;
}

/// The image of maintenance pods, as CronJobs of ours have it.
std::string image_in_use(cluster& api, const std::string& ns) {
  std::string image;
  // An error leaves it empty; whoever needs CronJobs will say why.
  static_cast<void>(
      api.each(resources::cron_jobs, ns, std::string{names::location_hash}, {},
               [&](const json::value& cron_job) {
                 for (const auto& container :
                      items_at(cron_job, "spec", "jobTemplate", "spec",
                               "template", "spec", "containers"))
                   image = text_at(container, "image");
               }));
  return image;
}

} // namespace

bool leadership::is_alive(instant now) const {
  return !holder.empty() && renewed && now <= *renewed + term + tolerance;
}

leadership read_leadership(const json::value& lease) {
  auto record = read_record(lease);
  return {record.holder, parse_rfc3339(record.renew_time), record.duration};
}

std::string absence(const leadership& known, const std::string& lease,
                    instant now) {
  if (known.is_alive(now))
    return {};
  if (known.holder.empty())
    return fmt::format("no operator leads: nobody holds Lease {}, so nothing "
                       "is started; does its Deployment run?",
                       lease);
  return fmt::format("no operator leads: {} has not renewed Lease {} since {}, "
                     "so nothing is started; does its Deployment run?",
                     known.holder, lease,
                     known.renewed ? to_rfc3339(*known.renewed) : "ever");
}

const json::object* operator_container(const json::value& pod) {
  for (const auto& container : items_at(pod, "spec", "containers")) {
    const auto* one = container.if_object();
    if (!one)
      continue;
    for (const auto* field : {"command", "args"})
      if (std::ranges::any_of(items_at(*one, field), names_operator))
        return one;
  }
  return nullptr;
}

result<config::options> read_settings(const json::object& container) {
  CLI::App app;
  config::flag_words words;
  config::add_flags(app, words);
  auto given = words_of(container);
  std::ranges::reverse(given); // as CLI11 wants them
  try {
    app.parse(std::move(given));
  } catch (const CLI::ParseError& wrong) {
    return error{wrong.what()};
  }
  auto settings = config::make_options(
      words, {[&](const char* name) -> std::optional<std::string> {
                auto value = variable_of(container, name);
                return value.empty() ? std::nullopt : std::optional{value};
              },
              [] {
                return std::optional<std::string>{};
              }});
  if (settings && settings->mover_image.empty())
    settings->mover_image = text_at(container, "image");
  return settings;
}

result<installed> find_installed(cluster& api, const std::string& ns,
                                 instant now) {
  object_key key{ns, std::string{leader_lease}};
  auto lease = api.get(resources::leases, key);
  if (!lease)
    return lease.why();
  installed found;
  if (!lease->is_null())
    found.leads = read_leadership(*lease);
  auto from = find_container(api, ns, found.leads.holder);
  found.account = from.account;
  result<config::options> settings
      = from.container ? read_settings(*from.container)
                       : result<config::options>{error{from.why_not}};
  if (settings)
    found.settings = std::move(*settings);
  else
    found.unread = settings.why().message;
  if (found.settings.leader_elect && lease->is_null())
    found.notes.push_back(fmt::format(
        "no operator leads: there is no Lease {}; is --operator-namespace "
        "right?",
        to_string(key)));
  else if (auto text = absence(found.leads, to_string(key), now);
           found.settings.leader_elect && !text.empty())
    found.notes.push_back(std::move(text));
  if (!found.unread.empty())
    found.notes.push_back(fmt::format("the operator's settings are not known, "
                                      "so its defaults are assumed: {}",
                                      found.unread));
  found.settings.ns = ns;
  if (found.settings.mover_image.empty())
    found.settings.mover_image = image_in_use(api, ns);
  return found;
}

} // namespace holystone::cli
