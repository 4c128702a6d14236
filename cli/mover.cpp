#include <CLI/CLI.hpp>

#include <memory>

#include "cli/commands.hpp"
#include "mover/maintain.hpp"

namespace holystone::cli {

namespace {

using mover::maintain_options;
using mover::takeover_rule;
using scheduler::maintenance_kind;

/// What CLI11 fills in and `maintain_options` holds in another type.
struct maintain_flags {
  maintain_options options;
  long deadline = maintain_options{}.deadline.count();
  std::string kind = "full";
  bool no_verify = false;
  std::string takeover = "idle";
  std::string admission = "ticket";
  std::string own_runs;
};

int maintain(maintain_flags flags) {
  auto& options = flags.options;
  options.deadline = std::chrono::seconds{flags.deadline};
  options.verify = !flags.no_verify;
  options.kind = flags.kind == "quick" ? maintenance_kind::quick
                                       : maintenance_kind::full;
  options.takeover = flags.takeover == "always"  ? takeover_rule::always
                     : flags.takeover == "never" ? takeover_rule::never
                                                 : takeover_rule::idle;
  options.ours = scheduler::parse_own_runs(flags.own_runs);
  options.needs_ticket = flags.admission == "ticket";
  return mover::maintain(options);
}

void add_identity(CLI::App& command, maintain_options& options) {
  command
      .add_option("--repository", options.repository,
                  "Hash of the location that the operator locked")
      ->type_name("HASH")
      ->required();
  command
      .add_option("--namespace", options.ns,
                  "The claim's namespace; completes host names without a dot")
      ->type_name("NS");
  command
      .add_option("--volume", options.volume,
                  "What a filesystem repository sits on, e.g. "
                  "nfs?server=nas&share=/export&mount=/repository")
      ->type_name("VOLUME");
  command
      .add_option("--repository-folder", options.repository_folder,
                  "Folder of the volume to use when it holds a repository and "
                  "the root does not")
      ->type_name("NAME");
  command
      .add_option("--admitted", options.admitted,
                  "The ticket: the Job's UID as the operator noted it")
      ->envname("HOLYSTONE_ADMITTED")
      ->type_name("UID");
  command
      .add_option("--controller-uid", options.controller_uid,
                  "The UID of the Job that this pod belongs to")
      ->envname("HOLYSTONE_CONTROLLER_UID")
      ->type_name("UID");
}

void add_places(CLI::App& command, maintain_options& options) {
  const auto add = [&](const char* name, std::string& into, const char* type,
                       const char* help) {
    command.add_option(name, into, help)
        ->type_name(type)
        ->capture_default_str();
  };
  add("--credentials", options.credentials_directory, "DIR",
      "Mounted Secret, one file a key");
  add("--ca-file", options.ca_file, "FILE",
      "Certificates (PEM) to trust besides the system's");
  add("--config", options.config_directory, "DIR",
      "Folder that belongs to this pod alone");
  add("--cache", options.cache_directory, "DIR|none",
      "kopia's cache; none: nothing is cached on disk, and no limit counts");
  add("--termination-log", options.termination_log, "FILE",
      "Where the result goes as JSON");
  add("--kopia", options.kopia, "PROGRAM", "The kopia to run");
}

void add_rules(CLI::App& command, maintain_flags& flags) {
  auto& options = flags.options;
  command.add_option("--kind", flags.kind, "full (quick, then full) or quick")
      ->capture_default_str()
      ->check(CLI::IsMember({"full", "quick"}));
  command.add_flag("--no-verify", flags.no_verify,
                   "Skip content verify after a full run");
  command.add_option("--deadline", flags.deadline, "End kopia after this time")
      ->type_name("SECONDS")
      ->capture_default_str()
      ->check(CLI::Range(1L, 31L * 86400));
  command
      .add_option("--takeover", flags.takeover,
                  "When to take the ownership from a stranger")
      ->capture_default_str()
      ->check(CLI::IsMember({"idle", "never", "always"}));
  command
      .add_option("--known-identity", options.known_identities,
                  "Client of a known claim that ownership is taken from; "
                  "may be given again")
      ->type_name("USER@HOST");
  command
      .add_option("--admission", flags.admission,
                  "Whether the operator's ticket is needed")
      ->capture_default_str()
      ->check(CLI::IsMember({"ticket", "off"}));
  command
      .add_option("--own-runs", flags.own_runs,
                  "When the operator's own Jobs ran: START/END START/END ...")
      ->envname("HOLYSTONE_OWN_RUNS")
      ->type_name("RUNS");
  for (const auto& [name, into] :
       {std::pair{"--metadata-cache-mb", &options.metadata_cache_mb},
        std::pair{"--content-cache-mb", &options.content_cache_mb}})
    command.add_option(name, *into, "Hard limit of this cache; 0: none")
        ->type_name("MB")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
}

} // namespace

void add_mover(CLI::App& app, int& status) {
  auto mover = app.add_subcommand("mover", "Work inside a pod on a repository");
  mover->require_subcommand(1);
  auto command = mover->add_subcommand(
      "maintain", "Maintain one repository with kopia, as a Job's pod does");
  auto flags = std::make_shared<maintain_flags>();
  add_identity(*command, flags->options);
  add_places(*command, flags->options);
  add_rules(*command, *flags);
  command->callback([flags, &status] { status = maintain(*flags); });
}

} // namespace holystone::cli
