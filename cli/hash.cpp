#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <iterator>
#include <memory>

#include "cli/commands.hpp"
#include "k8s_io/credentials.hpp"
#include "k8s_io/manifest_file.hpp"
#include "scheduler/kopia_environment.hpp"

namespace holystone::cli {

namespace {

struct hash_flags {
  std::string file;
  std::string volume;
  std::string ns;
};

int refuse(std::string_view file, std::string_view why) {
  fmt::print(stderr, "holystone hash: {}: {}\n", file, why);
  return exit_failed;
}

result<std::string> read_text(const std::string& file) {
  using bytes = std::istreambuf_iterator<char>;
  return file == "-" ? std::string{bytes{std::cin}, {}}
                     : k8s_io::read_file(file);
}

int hash(const hash_flags& flags) {
  const auto text = read_text(flags.file);
  if (!text) {
    fmt::print(stderr, "holystone hash: {}\n", text.why().message);
    return exit_failed;
  }
  const auto secret = k8s_io::read_secret_manifest(*text);
  if (!secret)
    return refuse(flags.file, secret.why().message);
  std::optional<scheduler::volume_identity> volume;
  if (!flags.volume.empty()) {
    auto parsed = scheduler::parse_volume(flags.volume);
    if (!parsed)
      return refuse("--volume", parsed.why().message);
    volume = *parsed;
  }
  const auto& ns = flags.ns.empty() ? secret->ns : flags.ns;
  const auto where = scheduler::locate(secret->data, ns, volume);
  if (!where)
    return refuse(flags.file, where.why().message);
  fmt::print("hash:     {}\nlocation: {}\nmeaning:  {}\n",
             scheduler::identify(*where).hex, scheduler::canonical_json(*where),
             scheduler::describe(*where));
  return exit_done;
}

} // namespace

void add_hash(CLI::App& app, int& status) {
  auto command = app.add_subcommand(
      "hash", "Show the location and hash that a Secret manifest stands for");
  auto flags = std::make_shared<hash_flags>();
  command
      ->add_option("-f,--file", flags->file,
                   "Secret manifest, YAML or JSON; - for stdin")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--volume", flags->volume,
                   "What a filesystem repository sits on, e.g. "
                   "nfs?server=nas&share=/export&mount=/mnt/backups")
      ->type_name("VOLUME");
  command
      ->add_option("--namespace", flags->ns,
                   "Namespace of the claim; default: the manifest's")
      ->type_name("NS");
  command->callback([flags, &status] { status = hash(*flags); });
}

} // namespace holystone::cli
