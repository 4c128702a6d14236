// What kopia prints: every parser takes everything, and no credential is left
// in what is shown of it, in however many pieces it comes.

#include "mover/kopia_output.hpp"
#include "claim.hpp"
#include "mover/failure.hpp"
#include "mover/redaction.hpp"

#include <tuple>

using namespace holystone;
using namespace holystone::mover;

namespace {

const std::string credential = "s3cr3t/+\"k";

const redaction& rule() {
  static const redaction one{[] {
    scheduler::secret_data secret;
    secret.emplace("KOPIA_PASSWORD", secret_bytes{credential});
    return secret;
  }()};
  return one;
}

void show(std::string_view text, std::size_t piece) {
  redacted_stream stream{rule()};
  std::string shown;
  for (std::size_t at = 0; at < text.size(); at += piece)
    shown += stream.take(text.substr(at, piece));
  shown += stream.finish();
  fuzz::claim(shown.find(credential) == std::string::npos,
              "no credential is shown");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0)
    return 0;
  auto text = fuzz::text_of(data + 1, size - 1);
  std::ignore = parse_maintenance_info(text);
  std::ignore = parse_unique_id(text);
  std::ignore = parse_blob_stats(text);
  std::ignore = parse_blob_time(text);
  std::ignore = parse_metric(text, "kopia_cache_hit_count");
  std::ignore = parse_content_count(text);
  kopia_outcome outcome;
  outcome.exit_code = 1;
  outcome.errors = text;
  std::ignore = classify(outcome);
  fuzz::claim(last_line(text).size() <= 300, "a line is short");
  show(text, 1 + static_cast<std::size_t>(data[0]));
  // The input alone rarely holds it.
  std::string with{text.substr(0, text.size() / 2)};
  with += credential;
  with += text.substr(text.size() / 2);
  show(with, 1 + static_cast<std::size_t>(data[0]));
  return 0;
}
