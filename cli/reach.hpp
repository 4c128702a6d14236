#pragma once

// Which cluster and which operator a person means who looks and changes
// nothing. Unlike the operator such a person may leave it to the kubeconfig of
// the home directory, as with kubectl. Called by get, why and doctor.

#include <string>

#include "config/options.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace holystone::cli {

/// The words of the flags.
struct reach_flags {
  std::string operator_namespace;
  std::string kubeconfig;
};

/// Declares the flags; `flags` must live as long as `app`.
void add_reach(CLI::App& app, reach_flags& flags);

/// Understands them; the error is one line.
result<config::options> read_reach(const reach_flags& flags);

/// The namespace of objects that are named without one, as kubectl has it.
std::string usual_namespace(const reach_flags& flags);

} // namespace holystone::cli
