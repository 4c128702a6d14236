#pragma once

// Takes credentials out of what kopia says, however kopia spells them: as they
// are, trimmed, quoted as Go or JSON quote, percent-encoded, whole or line by
// line. It guesses nothing: it knows the values of this pod's Secret. Used by
// child_process.cpp for standard error and by maintain.cpp for the report.

#include "scheduler/kopia_environment.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holystone::mover {

/// The credentials of one Secret and how to hide them.
class redaction {
public:
  /// Hides nothing.
  redaction() = default;

  explicit redaction(const scheduler::secret_data& secret);

  /// The text with `***` in place of each credential.
  std::string filter(std::string_view text) const;

  /// Bytes of the longest credential in its longest spelling.
  std::size_t longest() const {
    return longest_;
  }

private:
  void hide(std::string_view value);

  /// Longer ones first, so that a part of one doesn't break it up.
  std::vector<secret_bytes> values_;
  std::size_t longest_ = 0;
};

/// A stream of text that is filtered line by line as it comes.
class redacted_stream {
public:
  explicit redacted_stream(const redaction& rule) : rule_(rule) {
    // nop
  }

  /// Takes what was read; returns what can be shown by now. Of an endless line
  /// it holds back no more than 64 KiB.
  std::string take(std::string_view bytes);

  /// The rest, at the end of the stream.
  std::string finish();

private:
  const redaction& rule_;
  std::string pending_;
};

} // namespace holystone::mover
