#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "cli/commands.hpp"
#include "cli/cron_batch.hpp"
#include "scheduler/cron.hpp"

namespace holystone::cli {

namespace {

struct cron_flags {
  std::string spec;
  std::string zone;
  std::string from;
  int count = 1;
  std::string hash;
  bool batch = false;
  /// Was one of the flags given that tell what a line of a batch tells?
  bool is_told = false;
};

int refuse(std::string_view why) {
  fmt::print(stderr, "holystone cron next: {}\n", why);
  return exit_usage;
}

int print_next(const cron_flags& flags, instant now) {
  if (flags.spec.empty())
    return refuse("SPEC is missing; write e.g. \"0 2 * * *\" in quotes");
  auto from = flags.from.empty() ? now : parse_rfc3339(flags.from);
  if (!from)
    return refuse("--from must be an RFC 3339 time such as "
                  "2026-11-21T00:00:00Z");
  if (scheduler::is_hashed(flags.spec) && flags.hash.empty())
    return refuse("H stands for a number made from the repository's hash; add "
                  "--hash HEX, which \"holystone hash -f SECRET\" tells");
  auto next = answer({flags.spec, flags.zone, *from, flags.count, flags.hash});
  if (!next)
    return refuse(next.why().message);
  for (auto at : *next)
    fmt::print("{}\n", to_rfc3339(at));
  if (next->empty())
    fmt::print("never\n");
  return exit_done;
}

int next(const cron_flags& flags) {
  auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
  if (!flags.batch)
    return print_next(flags, now);
  if (!flags.spec.empty() || flags.is_told)
    return refuse("--batch reads its schedules from stdin, with all that "
                  "belongs to them; drop SPEC, --tz, --from, --count and "
                  "--hash");
  std::ios::sync_with_stdio(false);
  answer_lines(std::cin, std::cout, now);
  return exit_done;
}

} // namespace

void add_cron(CLI::App& app, int& status) {
  auto cron = app.add_subcommand("cron", "Answer questions about schedules");
  auto command = cron->add_subcommand(
      "next",
      "Print the next runs of a schedule, one RFC 3339 UTC time a line, "
      "or \"never\"");
  auto flags = std::make_shared<cron_flags>();
  command
      ->add_option("SPEC", flags->spec,
                   "Schedule as a ReplicationSource takes it: with H, and with "
                   "CRON_TZ=ZONE before it, which becomes timeZone")
      ->type_name("");
  command->add_option("--tz", flags->zone, "Time zone; default: UTC")
      ->type_name("ZONE");
  command
      ->add_option("--from", flags->from,
                   "Print runs strictly after this time; default: now")
      ->type_name("RFC3339");
  command->add_option("--count", flags->count, "How many runs")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, most_runs));
  command
      ->add_option("--hash", flags->hash,
                   "Repository hash that H stands for, 16 hex digits; "
                   "\"holystone hash\" tells it")
      ->type_name("HEX");
  command->add_flag("--batch", flags->batch,
                    "Answer JSON lines {\"spec\",\"tz\",\"from\",\"count\","
                    "\"hash\"} from stdin, one line each");
  command->callback([command, flags, &status] {
    for (auto name : {"--tz", "--from", "--count", "--hash"})
      flags->is_told = flags->is_told || command->count(name) > 0;
    status = next(*flags);
  });
}

} // namespace holystone::cli
