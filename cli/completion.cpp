#include "cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace holystone::cli {

namespace {

constexpr std::string_view bash_script = R"(# holystone completion bash
_holystone() {
  local IFS=$'\n' begun=${COMP_WORDS[COMP_CWORD]} found
  found=$("${COMP_WORDS[0]}" __complete \
    "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$begun" 2>/dev/null)
  if [ "$found" = :file ]; then
    compopt -o default
    COMPREPLY=()
  else
    COMPREPLY=($found)
  fi
}
complete -F _holystone holystone kubectl-holystone
)";

constexpr std::string_view zsh_script = R"(#compdef holystone kubectl-holystone
_holystone() {
  local -a found
  found=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "$found" == :file ]]; then
    _files
  else
    compadd -- "${(@)found:#}"
  fi
}
if [[ "$funcstack[1]" == _holystone ]]; then
  _holystone "$@"
else
  compdef _holystone holystone kubectl-holystone
fi
)";

constexpr std::string_view fish_script = R"(# holystone completion fish
function __holystone_complete
  set -l words (commandline -opc)
  set -l begun (commandline -ct)
  set -l found ($words[1] __complete $words[2..-1] "$begun" 2>/dev/null)
  if test "$found" = :file
    __fish_complete_path "$begun"
  else
    printf '%s\n' $found
  end
end
complete -c holystone -f -a '(__holystone_complete)'
complete -c kubectl-holystone -f -a '(__holystone_complete)'
)";

using words_t = std::vector<std::string>;

/// A type that is a choice names it, as `idle|never|always` does.
words_t choices_of(const CLI::Option& option) {
  auto type = option.get_type_name();
  if (type == "FILE")
    return {std::string{any_file}};
  if (type.find('|') == type.npos)
    return {};
  return CLI::detail::split(type, '|');
}

words_t starting_with(const std::string& begun, words_t all) {
  std::erase_if(all, [&](const std::string& one) {
    return one != any_file && !one.starts_with(begun);
  });
  return all;
}

const CLI::Option* flag_called(const CLI::App& command,
                               const std::string& word) {
  if (!word.starts_with('-'))
    return nullptr;
  auto all = command.get_options([&](const CLI::Option* one) {
    return one->nonpositional() && one->check_name(word);
  });
  return all.empty() ? nullptr : all.front();
}

/// Does the word after it belong to it?
bool takes_word(const CLI::Option& flag) {
  return flag.get_items_expected_min() > 0;
}

words_t flags_of(const CLI::App& command) {
  words_t names;
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames())
      names.push_back("--" + name);
    for (const auto& name : option->get_snames())
      names.push_back("-" + name);
  }
  return names;
}

words_t commands_of(const CLI::App& command) {
  words_t names;
  for (const auto* one : command.get_subcommands(nullptr))
    names.push_back(one->get_name());
  return names;
}

const CLI::App* command_called(const CLI::App& command,
                               const std::string& word) {
  auto all = command.get_subcommands(
      [&](const CLI::App* one) { return one->get_name() == word; });
  return all.empty() ? nullptr : all.front();
}

/// The choices of the argument that comes after so many others.
words_t choices_at(const CLI::App& command, std::size_t place) {
  for (const auto* one : command.get_options()) {
    if (!one->get_positional())
      continue;
    if (place == 0)
      return choices_of(*one);
    auto most = static_cast<std::size_t>(one->get_items_expected_max());
    if (place < most)
      return {};
    place -= most;
  }
  return {};
}

/// bash takes `--flag=value` for three words.
words_t without_signs(words_t words) {
  if (!words.empty() && words.back() == "=")
    words.back().clear();
  std::erase(words, "=");
  return words;
}

/// The values of `--flag=` in one word.
words_t values_in(const CLI::App& command, const std::string& begun) {
  auto sign = begun.find('=');
  words_t values;
  if (const auto* flag = flag_called(command, begun.substr(0, sign)))
    for (const auto& value : choices_of(*flag))
      if (value != any_file)
        values.push_back(begun.substr(0, sign + 1) + value);
  return values;
}

std::string_view script_for(const std::string& shell) {
  return shell == "bash"   ? bash_script
         : shell == "zsh"  ? zsh_script
         : shell == "fish" ? fish_script
                           : std::string_view{};
}

} // namespace

words_t suggest(const CLI::App& program, words_t words) {
  words = without_signs(std::move(words));
  if (words.empty())
    return {};
  auto begun = std::move(words.back());
  words.pop_back();
  const auto* command = &program;
  const CLI::Option* awaiting = nullptr;
  std::size_t place = 0;
  for (const auto& word : words) {
    if (awaiting) {
      awaiting = nullptr;
    } else if (word.starts_with('-')) {
      const auto* flag = flag_called(*command, word);
      awaiting = flag && takes_word(*flag) ? flag : nullptr;
    } else if (const auto* below = command_called(*command, word)) {
      command = below;
      place = 0;
    } else {
      ++place;
    }
  }
  if (awaiting)
    return starting_with(begun, choices_of(*awaiting));
  if (begun.starts_with("--") && begun.find('=') != begun.npos)
    return starting_with(begun, values_in(*command, begun));
  if (begun.starts_with('-'))
    return starting_with(begun, flags_of(*command));
  auto all = choices_at(*command, place);
  for (auto& name : commands_of(*command))
    all.push_back(std::move(name));
  return starting_with(begun, std::move(all));
}

void add_completion(CLI::App& app, int& status) {
  auto command = app.add_subcommand(
      "completion", "Print what makes a shell complete this program's words");
  auto shell = std::make_shared<std::string>();
  command
      ->add_option("SHELL", *shell, "e.g. source <(holystone completion bash)")
      ->required()
      ->type_name("bash|zsh|fish");
  command->callback([shell, &status] {
    auto script = script_for(*shell);
    fmt::print("{}", script);
    status = script.empty() ? fail(
                 "completion",
                 fmt::format("there is no {}; one of bash, zsh, fish", *shell),
                 exit_usage)
                            : exit_done;
  });
}

} // namespace holystone::cli
