#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>

#include "cli/commands.hpp"
#include "cli/examination.hpp"
#include "cli/output.hpp"
#include "cli/reach.hpp"

namespace holystone::cli {

namespace {

struct doctor_flags {
  reach_flags reach;
  output form = output::table;
};

int doctor(const doctor_flags& flags) {
  auto how = read_reach(flags.reach);
  if (!how)
    return fail("doctor", how.why().message, exit_usage);
  auto api = cluster::reach(*how);
  if (!api)
    return fail("doctor", api.why().message);
  auto who = load_credentials(*how);
  if (!who)
    return fail("doctor", who.why().message);
  auto found = examine(**api, std::move(*who), *how, [] {
    return std::chrono::floor<seconds>(std::chrono::system_clock::now());
  });
  print(flags.form, to_json(found), findings_text);
  return has_failed(found) ? exit_failed : exit_done;
}

} // namespace

void add_doctor(CLI::App& app, int& status) {
  auto command = app.add_subcommand(
      "doctor", "Check the cluster and the install, and say what to do");
  auto flags = std::make_shared<doctor_flags>();
  add_output(*command, flags->form);
  add_reach(*command, flags->reach);
  command->callback([flags, &status] { status = doctor(*flags); });
}

} // namespace holystone::cli
