#pragma once

// Where `holystone get` and `holystone why` have their answers from: the
// inspection of an operator, or a cluster that this process reads itself, which
// then answers the same paths with the same code. Called by both commands.

#include <boost/json.hpp>

#include <functional>
#include <string>
#include <vector>

#include "cli/reach.hpp"
#include "scheduler/result.hpp"

namespace holystone::cli {

/// What was answered to a GET.
struct answer {
  int status = 0;
  boost::json::value body;
};

/// Who can be asked.
struct answers {
  /// An error says why there was no answer at all.
  std::function<result<answer>(const std::string& path)> ask;
  /// What people must know of the answers, a sentence each.
  std::vector<std::string> notes;
};

/// The flags that choose it; see `add_source`.
struct source_flags {
  std::string inspection;
  /// Of a token for it, and of the authority that its certificate is of.
  std::string token_file;
  std::string authority_file;
  reach_flags cluster;

  /// What is wrong with them; empty: nothing.
  std::string mistake() const;
};

/// Declares the flags; `flags` must live as long as `app`.
void add_source(CLI::App& app, source_flags& flags);

/// Finds who is to be asked; a cluster is read for that.
result<answers> find_answers(const source_flags& flags);

/// The answer to a path; an error says what the other side complained about.
result<boost::json::value> ask(const answers& whom, const std::string& path);

} // namespace holystone::cli
