#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/nearest.hpp"

namespace holystone::cli {

namespace {

// The innermost command that the arguments reached.
const CLI::App* reached(const CLI::App* app) {
  for (auto below = app->get_subcommands(); !below.empty();
       below = app->get_subcommands())
    app = below.back();
  return app;
}

std::string path_of(const CLI::App* app) {
  if (app->get_parent() == nullptr)
    return app->get_name();
  return path_of(app->get_parent()) + " " + app->get_name();
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (auto option : app.get_options())
    for (auto& name : option->get_lnames())
      flags.push_back("--" + name);
  return flags;
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (auto command : app.get_subcommands(nullptr))
    names.push_back(command->get_name());
  return names;
}

std::string hint(std::string_view typed,
                 const std::vector<std::string>& known) {
  auto word = nearest(typed, known);
  return word.empty() ? "" : fmt::format("; did you mean {}?", word);
}

// What is wrong with the first argument that nobody took.
std::string complaint(const CLI::App& command, std::string argument) {
  constexpr std::size_t shown = 80;
  argument = argument.substr(0, std::min(argument.find('='), shown));
  if (argument.starts_with('-'))
    return fmt::format("unknown flag {}{}", argument,
                       hint(argument, flags_of(command)));
  auto names = commands_of(command);
  if (!names.empty())
    return fmt::format("there is no command \"{}\"{}", argument,
                       hint(argument, names));
  return fmt::format("takes no argument \"{}\"; a schedule or a name with "
                     "spaces goes in quotes",
                     argument);
}

int refuse(const CLI::App& program, std::string_view why) {
  auto command = path_of(reached(&program));
  fmt::print(stderr, "{}: {}\nSee \"{} --help\".\n", command, why, command);
  return exit_usage;
}

std::string first_line(std::string text) {
  return text.substr(0, text.find('\n'));
}

void add_version(CLI::App& app, std::string_view version) {
  app.add_subcommand("version", "Print the version")->callback([version] {
    fmt::print("holystone {}\n", version);
  });
}

void add_help(CLI::App& app) {
  app.add_subcommand("help", "Print this help")->callback([&app] {
    fmt::print("{}", app.help());
  });
}

// A command without work of its own was named without one below it.
bool lacks_command(const CLI::App& command) {
  return !commands_of(command).empty();
}

std::string choices(const CLI::App& command) {
  return fmt::format("which command? One of {}",
                     fmt::join(commands_of(command), ", "));
}

/// kubectl runs files of these names: for `kubectl holystone`, and to complete
/// its words.
constexpr std::string_view as_plugin = "kubectl-holystone";
constexpr std::string_view as_completion = "kubectl_complete-holystone";

std::string name_called(std::string_view path) {
  return std::string{path.substr(path.rfind('/') + 1)};
}

int complete(const CLI::App& program, std::vector<std::string> words) {
  for (const auto& word : suggest(program, std::move(words)))
    fmt::print("{}\n", word);
  return exit_done;
}

/// The same as kubectl reads it: the last line says whether files will do, too.
int answer_kubectl(const CLI::App& program, std::vector<std::string> words) {
  auto all = suggest(program, std::move(words));
  auto is_file = std::erase(all, any_file) > 0;
  for (const auto& word : all)
    fmt::print("{}\n", word);
  fmt::print(":{}\n", is_file ? 0 : 4);
  return exit_done;
}

} // namespace

int run(int argc, const char* const* argv, std::string_view version) {
  auto called = argc > 0 ? name_called(argv[0]) : std::string{};
  CLI::App program{"Maintains Kopia repositories in Kubernetes",
                   called == as_plugin ? "kubectl holystone" : "holystone"};
  program.get_formatter()->column_width(36);
  auto status = exit_done;
  add_operator(program, status);
  add_mover(program, status);
  add_cron(program, status);
  add_hash(program, status);
  add_get(program, status);
  add_why(program, status);
  add_doctor(program, status);
  add_release(program, status);
  add_completion(program, status);
  add_version(program, version);
  add_help(program);
  program.set_version_flag("--version", fmt::format("holystone {}", version),
                           "Print the version");
  if (called == as_completion)
    return answer_kubectl(program, {argv + 1, argv + argc});
  if (argc > 1 && argv[1] == completion_request)
    return complete(program, {argv + 2, argv + argc});
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    if (wrong.get_exit_code() == exit_done)
      return program.exit(wrong);
    auto command = reached(&program);
    auto extra = command->remaining();
    if (extra.empty())
      return refuse(program, lacks_command(*command)
                                 ? choices(*command)
                                 : first_line(wrong.what()));
    return refuse(program, complaint(*command, extra.front()));
  }
  if (auto command = reached(&program); lacks_command(*command))
    return refuse(program, choices(*command));
  return status;
}

} // namespace holystone::cli
