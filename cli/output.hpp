#pragma once

// How a command says what it found: a table or JSON on stdout, what went wrong
// in one line on stderr. Called by get, why and doctor.

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"

namespace holystone::cli {

/// What `-o` chooses.
enum class output { table, json };

/// Declares `-o`; `form` must live as long as `app`.
void add_output(CLI::App& app, output& form);

/// Prints it as it is, or as `to_text` has it.
void print(output form, const boost::json::value& what,
           std::string (*to_text)(const boost::json::value&));

/// Says why the command failed. The exit code.
int fail(std::string_view command, std::string_view why,
         int status = exit_failed);

/// Says what must be known of the answer.
void tell(std::string_view command, const std::vector<std::string>& notes);

} // namespace holystone::cli
