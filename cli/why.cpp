#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "actors/why.hpp"
#include "cli/answers.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/tables.hpp"

namespace holystone::cli {

namespace {

struct why_flags {
  source_flags source;
  std::vector<std::string> words;
  std::string ns;
  output form = output::table;
};

/// KIND, NAMESPACE and NAME of the object that is asked about.
using subject = std::vector<std::string>;

result<subject> read_subject(const why_flags& flags) {
  constexpr auto form = "say KIND/NAMESPACE/NAME, or KIND NAME -n NAMESPACE";
  subject parts;
  for (const auto& word : flags.words)
    for (std::size_t begin = 0; begin <= word.size();) {
      auto slash = std::min(word.find('/', begin), word.size());
      parts.push_back(word.substr(begin, slash - begin));
      begin = slash + 1;
    }
  if (parts.size() == 2)
    parts.insert(parts.begin() + 1, flags.ns.empty()
                                        ? usual_namespace(flags.source.cluster)
                                        : flags.ns);
  else if (!flags.ns.empty())
    return error{form};
  for (const auto& part : parts)
    if (part.empty() || part.find_first_of("?#% ") != part.npos)
      return error{form};
  if (parts.size() != 3)
    return error{form};
  if (!actors::parse_subject(parts[0], {parts[1], parts[2]}))
    return error{fmt::format("there is nothing to say of a {}; KIND is "
                             "replicationsource, kopiamaintenance, cronjob, "
                             "job, pod or secret",
                             parts[0])};
  return parts;
}

int why(const why_flags& flags) {
  auto asked = read_subject(flags);
  if (!asked)
    return fail("why", asked.why().message, exit_usage);
  if (auto mistake = flags.source.mistake(); !mistake.empty())
    return fail("why", mistake, exit_usage);
  auto whom = find_answers(flags.source);
  if (!whom)
    return fail("why", whom.why().message);
  tell("why", whom->notes);
  auto told = ask(*whom, fmt::format("/v1/why/{}", fmt::join(*asked, "/")));
  if (!told)
    return fail("why", told.why().message);
  print(flags.form, *told, why_text);
  return exit_done;
}

} // namespace

void add_why(CLI::App& app, int& status) {
  auto command = app.add_subcommand(
      "why", "Say in one sentence why nothing runs, or what does");
  auto flags = std::make_shared<why_flags>();
  command
      ->add_option("OBJECT", flags->words,
                   "KIND/NAMESPACE/NAME, or KIND NAME; rs and km are short "
                   "for the first two kinds")
      ->required()
      ->expected(-1)
      ->type_name("replicationsource|kopiamaintenance|cronjob|job|pod|secret");
  command
      ->add_option(
          "-n,--namespace", flags->ns,
          "The object's namespace. Else the kubeconfig's, else default.")
      ->type_name("NAME");
  add_output(*command, flags->form);
  add_source(*command, flags->source);
  command->callback([flags, &status] { status = why(*flags); });
}

} // namespace holystone::cli
