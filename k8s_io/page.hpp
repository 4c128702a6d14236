#pragma once

// One page of a server, read while the caller waits: what is no object, such as
// /version, or an answer of the operator's inspection. Objects are the
// transport's. Called by commands, which do one thing after another.

#include "k8s_io/credentials.hpp"
#include "scheduler/time.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace holystone::k8s_io {

/// An answer, whatever its status.
struct page {
  int status = 0;
  std::string body;
  /// The server's clock.
  std::optional<instant> date;
};

/// Reads a page with GET; an error says why there was no answer.
result<page> read_page(credentials& who, const std::string& target,
                       std::chrono::milliseconds patience
                       = std::chrono::milliseconds{15'000});

} // namespace holystone::k8s_io
