#pragma once

// The lines of one watch as a family counts and spoils them: which line of the
// story this is, whatever connection brings it, and what a broken server, a
// proxy or a cut makes of the bytes. Used by the families of watches.

#include "process.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace holystone::perturb {

/// Does a line count? Bookmarks don't, nor does the operators' own Lease.
bool is_counted(std::string_view line);

/// Counts the lines of a watch over all its connections, without bookmarks.
struct line_counter {
  unsigned number = 0;
  /// Nothing is looked for any more.
  bool is_over = false;

  /// Shows each new line of `bytes`; from the first on for which `passes` says
  /// false, they go to what the watch holds back.
  void look(open_watch& one, std::string& bytes,
            const std::function<bool(unsigned, const std::string&)>& passes);

private:
  /// How many bytes at the start of what is held were counted.
  std::size_t counted_ = 0;
};

/// Breaks the protocol at the first line that is held, in one of the ways of
/// PERTURB-5; says how many connections will be refused after it.
int spoil(open_watch& one, std::string& bytes, const std::string& way);

/// How such a connection is refused.
k8s_io::watch_end refusal_of(const std::string& way);

} // namespace holystone::perturb
