// Shell completion, as the scripts ask for it and as the shells do it.

#include <catch2/catch.hpp>

#include "test/cli/program_run.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

using namespace holystone::test;

namespace {

/// What the program suggests in place of the last word, a line each.
std::string suggest(std::vector<std::string> words) {
  words.insert(words.begin(), "__complete");
  auto told = run_program(words);
  CHECK(told.exit_code == 0);
  CHECK(told.err.empty());
  return told.out;
}

/// A folder with the program under the names that people may give it.
struct path_folder {
  path_folder() {
    std::filesystem::create_directories(folder);
    for (auto name :
         {"holystone", "kubectl-holystone", "kubectl_complete-holystone"})
      std::filesystem::create_symlink(HOLYSTONE_PROGRAM, folder / name);
  }

  ~path_folder() {
    std::filesystem::remove_all(folder);
  }

  /// What a shell prints for a script.
  std::string say(const std::string& shell, const std::string& script) {
    auto file = folder / "script";
    std::ofstream{file} << script;
    auto out = folder / "out";
    auto command = "PATH=" + folder.string() + ":$PATH HOME=" + folder.string()
                   + " " + shell + " " + file.string() + " >" + out.string()
                   + " 2>&1";
    std::ignore = std::system(command.c_str());
    std::ifstream in{out};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  std::filesystem::path folder
      = std::filesystem::temp_directory_path()
        / ("holystone-path-" + std::to_string(getpid()));
};

bool is_there(const char* shell) {
  if (std::system((std::string{"command -v "} + shell + " >/dev/null").c_str())
      == 0)
    return true;
  std::cout << "skipped: there is no " << shell << "\n";
  return false;
}

} // namespace

TEST_CASE("completion: commands, and those below a command") {
  CHECK(suggest({"do"}) == "doctor\n");
  CHECK(suggest({"cron", ""}) == "next\n");
  CHECK(says(suggest({""}), "operator\n"));
  CHECK_FALSE(says(suggest({""}), "__complete"));
  CHECK(suggest({"nonsense", "x"}).empty());
}

TEST_CASE("completion: flags of the command that was reached") {
  CHECK(suggest({"get", "--ins"})
        == "--inspection\n--inspection-token-file\n--inspection-ca-file\n");
  CHECK(suggest({"operator", "--max-concurrent-m"})
        == "--max-concurrent-maintenance\n");
  CHECK(says(suggest({"why", "-"}), "-n\n"));
}

TEST_CASE("completion: values, where there is a choice") {
  CHECK(suggest({"get", "-o", ""}) == "table\njson\n");
  CHECK(suggest({"get", "--output=j"}) == "--output=json\n");
  CHECK(suggest({"get", "--output", "=", "j"}) == "json\n");
  CHECK(suggest({"get", "--output", "="}) == "table\njson\n");
  CHECK(suggest({"operator", "--takeover", "n"}) == "never\n");
  CHECK(suggest({"get", "--inspection", "a", "act"}) == "actors\n");
  CHECK(suggest({"get", "--inspection", ""}).empty());
  CHECK(suggest({"get", "--kubeconfig", "/e"}) == ":file\n");
}

TEST_CASE("completion: arguments, each in its place") {
  CHECK(suggest({"get", "repositor"}) == "repositories\nrepository\n");
  CHECK(suggest({"get", "repository", ""}).empty());
  CHECK(suggest({"why", "kop"}) == "kopiamaintenance\n");
  CHECK(suggest({"why", "rs", ""}).empty());
  CHECK(suggest({"completion", ""}) == "bash\nzsh\nfish\n");
}

TEST_CASE("completion: in bash") {
  path_folder path;
  auto with = [&](const std::string& words, int at) {
    return path.say("bash", "set -u\nsource <(holystone completion bash)\n"
                            "complete -p holystone kubectl-holystone "
                            ">/dev/null || echo none\n"
                            "COMP_WORDS=("
                                + words + ")\nCOMP_CWORD=" + std::to_string(at)
                                + "\n_holystone\necho \"${COMPREPLY[*]}\"\n");
  };
  CHECK(with("holystone do", 1) == "doctor\n");
  CHECK(with("kubectl-holystone why --out", 2) == "--output\n");
  CHECK(with("holystone get -o = js", 4) == "json\n");
  CHECK(with("holystone get -o ''", 3) == "table json\n");
  CHECK(with("holystone get -o '' --kubeconfig", 3) == "table json\n");
}

TEST_CASE("completion: in zsh") {
  if (!is_there("zsh"))
    return;
  path_folder path;
  CHECK(path.say("zsh -f",
                 "compdef() { echo compdef $*; }\n"
                 "compadd() { shift; print -l -- $*; }\n"
                 "source <(holystone completion zsh)\n"
                 "words=(holystone get -o ''); CURRENT=4; _holystone\n")
        == "compdef _holystone holystone kubectl-holystone\ntable\njson\n");
}

TEST_CASE("completion: in fish") {
  if (!is_there("fish"))
    return;
  path_folder path;
  CHECK(path.say("fish --no-config", "holystone completion fish | source\n"
                                     "complete -C 'holystone get -o '\n"
                                     "complete -C 'holystone doc'\n")
        == "json\ntable\ndoctor\n");
}

TEST_CASE("kubectl finds the program as its plugin") {
  path_folder path;
  CHECK(says(path.say("bash", "kubectl-holystone why --help"),
             "Usage: kubectl holystone why"));
  CHECK(says(path.say("bash", "kubectl-holystone wy"),
             "kubectl holystone: there is no command \"wy\"; did you mean"));
  CHECK(path.say("bash", "kubectl_complete-holystone get -o ''")
        == "table\njson\n:4\n");
  CHECK(path.say("bash", "kubectl_complete-holystone get --kubeconfig ''")
        == ":0\n");
}

TEST_CASE("completion: another shell is refused") {
  auto told = run_program({"completion", "tcsh"});
  CHECK(told.exit_code == 2);
  CHECK(told.out.empty());
  CHECK(says(told.err, "there is no tcsh"));
}
