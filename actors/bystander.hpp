#pragma once

// A bystander: the operator's own actors in a process that only looks. They
// read the cluster once, as a follower does at its start, and then the
// inspector answers from that, so that a command line gives the answers of the
// operator. It never leads, and what it says to the API server goes through a
// client that knows no writes and opens no watch. Made by the commands that ask
// a cluster directly.

#include "config/options.hpp"
#include "k8s_io/credentials.hpp"
#include "metrics/http_server.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holystone::actors {

/// Everything that was read of a cluster, to be asked.
class bystander {
public:
  /// Begins to read, with the settings of the operator that leads there.
  bystander(const config::options& settings, k8s_io::credentials who);
  ~bystander();

  bystander(const bystander&) = delete;
  bystander& operator=(const bystander&) = delete;

  /// Waits until all is read; an error says what could not be.
  std::optional<error> read(std::chrono::seconds patience);

  /// What the inspection answers to a GET of this path.
  metrics::http_response ask(const std::string& target);

  /// What was refused that answers may lack, a sentence each.
  std::vector<std::string> refusals() const;

private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

} // namespace holystone::actors
