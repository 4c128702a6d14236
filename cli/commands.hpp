#pragma once

// The commands of the program `holystone`, one source file each. This is the
// map of them, not the help: `--help` says what each one takes. main.cpp calls
// `run`; everything else here is called by program.cpp.

#include <string_view>

#include "config/options.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace holystone::cli {

/// The command line was understood and the work was done.
constexpr int exit_done = 0;
/// The work could not be done; the reason stands on stderr.
constexpr int exit_failed = 1;
/// The command line makes no sense; the reason stands on stderr.
constexpr int exit_usage = 2;

/// Runs the command that the arguments name and returns the exit code.
int run(int argc, const char* const* argv, std::string_view version);

/// `holystone operator`: runs until a signal ends it.
int run_operator(const config::options& settings);

// Each of these declares one command below `app`; when the command was chosen,
// its callback leaves the exit code in `status`, which outlives `app`.

/// `holystone operator`
void add_operator(CLI::App& app, int& status);

/// `holystone mover maintain`
void add_mover(CLI::App& app, int& status);

/// `holystone cron next`
void add_cron(CLI::App& app, int& status);

/// `holystone hash`
void add_hash(CLI::App& app, int& status);

/// `holystone get`
void add_get(CLI::App& app, int& status);

/// `holystone why`
void add_why(CLI::App& app, int& status);

/// `holystone completion`
void add_completion(CLI::App& app, int& status);

/// `holystone doctor`
void add_doctor(CLI::App& app, int& status);

/// `holystone release`
void add_release(CLI::App& app, int& status);

} // namespace holystone::cli
