#pragma once

// The bytes of a value at rest, and how texts and numbers become them: each
// text stands there once, identities take half their letters, small numbers a
// byte. For memory only: the form is not the same from one build to the next
// and is never written anywhere. Which parts a value has is said by folded.hpp.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holystone::scheduler {

/// The 16 bytes of a UUID in its usual spelling; nothing: it is none.
std::optional<std::string> uuid_bytes(std::string_view text);

/// The usual spelling of 16 such bytes.
std::string spell_uuid(std::string_view bytes);

/// Makes the bytes. What is put in must outlive it.
class bytes_writer {
public:
  /// Adds a number.
  void put(std::int64_t number);

  /// Adds a text; one that was there before costs a byte or two.
  void put(std::string_view text);

  /// All that was put in.
  const std::string& bytes() const {
    return bytes_;
  }

private:
  void put_count(std::uint64_t count);

  std::string bytes_;
  std::unordered_map<std::string_view, std::uint64_t> known_;
};

/// Reads what a writer made, in the same order. The bytes must outlive it.
class bytes_reader {
public:
  explicit bytes_reader(std::string_view bytes) : left_(bytes) {
    // nop
  }

  /// The next number.
  std::int64_t take_number();

  /// The next text; valid as long as the bytes and the reader.
  std::string_view take_text();

private:
  std::uint64_t take_count();
  std::string_view take(std::size_t length);

  std::string_view left_;
  std::vector<std::string_view> known_;
  std::deque<std::string> spelt_;
};

} // namespace holystone::scheduler
