#include "cli/answers.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <arpa/inet.h>

#include <chrono>
#include <memory>
#include <string_view>

#include "actors/bystander.hpp"
#include "cli/cluster.hpp"
#include "cli/installed.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/page.hpp"
#include "metrics/log.hpp"

namespace holystone::cli {

using namespace k8s_io;
namespace json = boost::json;

namespace {

/// Ten thousand repositories are read in a few seconds.
constexpr std::chrono::seconds patience{60};

result<json::value> parse(const std::string& text, const std::string& whose) {
  boost::system::error_code failed;
  auto value = json::parse(text, failed);
  if (failed)
    return error{fmt::format("{} is no JSON; is this the operator's "
                             "inspection?",
                             whose)};
  return value;
}

result<answer> read_answer(int status, const std::string& text,
                           const std::string& whose) {
  auto body = parse(text, whose);
  // Whoever stands in between refuses in a language of its own.
  if (!body && status != 200)
    return answer{status, {}};
  if (!body)
    return body.why();
  return answer{status, std::move(*body)};
}

/// Does the URL lead no further than this machine? A name before `@` is none of
/// a host.
bool is_local(std::string_view url) {
  auto host = url.substr(url.find("://") + 3);
  host = host.substr(0, host.find('/'));
  if (host.find_first_of("@\\%") != host.npos)
    return false;
  if (host.starts_with('['))
    return host.substr(0, host.find(']') + 1) == "[::1]";
  host = host.substr(0, host.find(':'));
  in_addr address{};
  return host == "localhost"
         || (host.starts_with("127.")
             && inet_pton(AF_INET, std::string{host}.c_str(), &address) == 1);
}

result<answers> ask_inspection(const source_flags& flags) {
  credential_sources where;
  where.server = flags.inspection;
  where.token_file = flags.token_file;
  where.authority.path = flags.authority_file;
  where.is_private_way = is_local(flags.inspection);
  while (where.server.ends_with('/'))
    where.server.pop_back();
  auto loaded = credentials::load(where, std::chrono::steady_clock::now());
  if (!loaded)
    return loaded.why();
  auto who = std::make_shared<credentials>(std::move(*loaded));
  answers found;
  found.ask = [who](const std::string& path) -> result<answer> {
    auto page = read_page(*who, path);
    if (!page)
      return page.why();
    return read_answer(page->status, page->body, who->server() + path);
  };
  return found;
}

/// The answers of a cluster that was read.
answers ask_bystander(std::shared_ptr<actors::bystander> who,
                      std::vector<std::string> notes) {
  answers found;
  found.notes = std::move(notes);
  for (auto& refusal : who->refusals())
    found.notes.push_back(
        fmt::format("an answer may lack what you may not read: {}", refusal));
  auto readiness = parse(who->ask("/readyz").body, "/readyz");
  if (readiness)
    for (const auto& notice : items_at(*readiness, "notices"))
      if (const auto* text = notice.if_string())
        found.notes.emplace_back(*text);
  found.ask = [who](const std::string& path) -> result<answer> {
    auto got = who->ask(path);
    return read_answer(got.status, got.body, path);
  };
  return found;
}

result<answers> ask_cluster(const source_flags& flags) {
  auto how = read_reach(flags.cluster);
  if (!how)
    return how.why();
  auto api = cluster::reach(*how);
  if (!api)
    return api.why();
  auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
  auto found = find_installed(**api, how->ns, now);
  if (!found)
    return found.why();
  auto who = load_credentials(*how);
  if (!who)
    return who.why();
  // What is worth knowing is told as a note.
  metrics::set_log_level(metrics::log_level::error);
  auto reader
      = std::make_shared<actors::bystander>(found->settings, std::move(*who));
  if (auto failed = reader->read(patience))
    return *failed;
  return ask_bystander(std::move(reader), std::move(found->notes));
}

} // namespace

std::string source_flags::mistake() const {
  if (inspection.empty() && (!token_file.empty() || !authority_file.empty()))
    return "--inspection-token-file and --inspection-ca-file need "
           "--inspection";
  if (inspection.empty()) {
    auto how = read_reach(cluster);
    return how ? std::string{} : how.why().message;
  }
  if (!cluster.operator_namespace.empty() || !cluster.kubeconfig.empty())
    return "--inspection asks one operator; --kubeconfig and "
           "--operator-namespace are for asking a cluster";
  auto is_url
      = inspection.starts_with("http://") || inspection.starts_with("https://");
  if (!is_url || inspection.find_first_of(" ?#") != inspection.npos
      || inspection.ends_with("//"))
    return fmt::format("--inspection={}: must be a URL such as "
                       "http://localhost:8081",
                       inspection);
  auto is_plain = inspection.starts_with("http://");
  if (!token_file.empty() && is_plain && !is_local(inspection))
    return "--inspection-token-file: over http:// everybody on the way could "
           "read the token; ask https://, or localhost";
  if (!authority_file.empty() && is_plain)
    return "--inspection-ca-file: http:// shows no certificate; ask https://";
  return {};
}

void add_source(CLI::App& app, source_flags& flags) {
  app.add_option("--inspection", flags.inspection,
                 "Ask the operator that serves its inspection there, e.g. "
                 "http://localhost:8081 after kubectl port-forward. Else the "
                 "cluster is read.")
      ->type_name("URL");
  app.add_option("--inspection-token-file", flags.token_file,
                 "A token of the cluster, for an inspection that wants one; "
                 "kubectl create token makes it")
      ->type_name("FILE");
  app.add_option("--inspection-ca-file", flags.authority_file,
                 "Whose certificates the inspection may have, in PEM. Else "
                 "those that the system trusts.")
      ->type_name("FILE");
  add_reach(app, flags.cluster);
}

result<answers> find_answers(const source_flags& flags) {
  return flags.inspection.empty() ? ask_cluster(flags) : ask_inspection(flags);
}

result<json::value> ask(const answers& whom, const std::string& path) {
  auto got = whom.ask(path);
  if (!got)
    return got.why();
  if (got->status == 200)
    return std::move(got->body);
  auto why = text_at(got->body, "error");
  return error{why.empty() ? fmt::format("{}: status {}", path, got->status)
                           : why};
}

} // namespace holystone::cli
