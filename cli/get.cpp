#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "cli/answers.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/tables.hpp"
#include "k8s_io/fields.hpp"

namespace holystone::cli {

namespace {

namespace json = boost::json;

enum class wanted { repositories, actors };

struct get_flags {
  source_flags source;
  std::string what = "repositories";
  std::string hash;
  output form = output::table;
};

/// What is asked for; empty: nothing that there is.
std::optional<wanted> parse(const std::string& word) {
  constexpr std::array repositories{"repositories", "repository", "repo",
                                    "repos"};
  if (std::ranges::find(repositories, word) != repositories.end())
    return wanted::repositories;
  if (word == "actors" || word == "actor")
    return wanted::actors;
  return std::nullopt;
}

bool is_hash(const std::string& word) {
  return word.size() == 16
         && word.find_first_not_of("0123456789abcdef") == word.npos;
}

std::string mistake_in(const get_flags& flags) {
  auto what = parse(flags.what);
  if (!what)
    return fmt::format("there is nothing called {}; get repositories, "
                       "repository HASH or actors",
                       flags.what);
  if (*what == wanted::actors && !flags.hash.empty())
    return "actors are shown all together";
  if (*what == wanted::actors && flags.source.inspection.empty())
    return "only an operator knows its actors: --inspection says where it "
           "serves them";
  if (!flags.hash.empty() && !is_hash(flags.hash))
    return fmt::format("{} is no hash of 16 digits; get repositories lists "
                       "them",
                       flags.hash);
  return flags.source.mistake();
}

/// Page after page, as one list.
result<json::value> all_repositories(const answers& whom) {
  json::array items;
  std::set<std::string> seen;
  std::string after;
  for (;;) {
    auto page = ask(whom, after.empty() ? std::string{"/v1/repositories"}
                                        : "/v1/repositories?continue=" + after);
    if (!page)
      return page.why();
    for (const auto& one : k8s_io::items_at(*page, "items"))
      items.push_back(one);
    after = k8s_io::text_at(*page, "continue");
    if (after.empty())
      break;
    if (!seen.insert(after).second)
      return error{fmt::format("the list of repositories goes round in circles "
                               "at {}",
                               after)};
  }
  auto total = items.size();
  return json::value{{"items", std::move(items)}, {"total", total}};
}

int get(const get_flags& flags) {
  if (auto mistake = mistake_in(flags); !mistake.empty())
    return fail("get", mistake, exit_usage);
  auto whom = find_answers(flags.source);
  if (!whom)
    return fail("get", whom.why().message);
  tell("get", whom->notes);
  auto is_of_actors = parse(flags.what) == wanted::actors;
  auto told = is_of_actors ? ask(*whom, "/v1/actors")
              : flags.hash.empty()
                  ? all_repositories(*whom)
                  : ask(*whom, "/v1/repositories/" + flags.hash);
  if (!told)
    return fail("get", told.why().message);
  print(flags.form, *told,
        is_of_actors         ? actors_table
        : flags.hash.empty() ? repositories_table
                             : repository_text);
  return exit_done;
}

} // namespace

void add_get(CLI::App& app, int& status) {
  auto command
      = app.add_subcommand("get", "Show the repositories and how they are");
  auto flags = std::make_shared<get_flags>();
  command
      ->add_option("WHAT", flags->what,
                   "repositories unless given; repository HASH for one; "
                   "actors, of an operator")
      ->type_name("repositories|repository|actors");
  command->add_option("HASH", flags->hash, "Of one repository")->type_name("");
  add_output(*command, flags->form);
  add_source(*command, flags->source);
  command->callback([flags, &status] { status = get(*flags); });
}

} // namespace holystone::cli
