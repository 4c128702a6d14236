#include "scheduler/folded_bytes.hpp"

namespace holystone::scheduler {

namespace {

/// How a text begins. A larger number is the place of a text that was there
/// before, times two, or the length of a plain one, times two and one.
constexpr std::uint64_t empty_text = 0;
constexpr std::uint64_t uuid_text = 1;
constexpr std::uint64_t hex_text = 2;
constexpr std::uint64_t first_other = 3;

constexpr std::size_t uuid_bytes_count = 16;
/// Shorter ones save nothing.
constexpr std::size_t shortest_hex = 8;

int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Is there a hyphen before this byte of a UUID?
bool is_parted(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

/// The bytes of lower-case hex digits, or of a UUID; nothing: it is neither.
std::optional<std::string> bytes_of(std::string_view text, bool is_uuid) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    if (is_uuid && is_parted(bytes.size()) && text[i++] != '-')
      return std::nullopt;
    if (i + 1 >= text.size())
      return std::nullopt;
    auto high = digit_of(text[i]);
    auto low = digit_of(text[i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  if (is_uuid && bytes.size() != uuid_bytes_count)
    return std::nullopt;
  return bytes;
}

std::string spell(std::string_view bytes, bool is_uuid) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (is_uuid && is_parted(i))
      text += '-';
    auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte / 16];
    text += digits[byte % 16];
  }
  return text;
}

} // namespace

std::optional<std::string> uuid_bytes(std::string_view text) {
  if (text.size() != 2 * uuid_bytes_count + 4)
    return std::nullopt;
  return bytes_of(text, true);
}

std::string spell_uuid(std::string_view bytes) {
  return spell(bytes, true);
}

void bytes_writer::put_count(std::uint64_t count) {
  for (; count >= 128; count /= 128)
    bytes_ += static_cast<char>(count % 128 + 128);
  bytes_ += static_cast<char>(count);
}

void bytes_writer::put(std::int64_t number) {
  // Small negative numbers are small counts as well.
  auto twice = static_cast<std::uint64_t>(number) << 1;
  put_count(number < 0 ? ~twice : twice);
}

void bytes_writer::put(std::string_view text) {
  if (text.empty())
    return put_count(empty_text);
  auto [known, is_new] = known_.try_emplace(text, known_.size());
  if (!is_new)
    return put_count(first_other + 2 * known->second);
  auto is_uuid = text.size() == 2 * uuid_bytes_count + 4;
  if (is_uuid || (text.size() >= shortest_hex && text.size() % 2 == 0))
    if (auto bytes = bytes_of(text, is_uuid)) {
      put_count(is_uuid ? uuid_text : hex_text);
      if (!is_uuid)
        put_count(bytes->size());
      bytes_ += *bytes;
      return;
    }
  put_count(first_other + 2 * text.size() + 1);
  bytes_ += text;
}

std::string_view bytes_reader::take(std::size_t length) {
  auto part = left_.substr(0, length);
  left_.remove_prefix(length);
  return part;
}

std::uint64_t bytes_reader::take_count() {
  std::uint64_t count = 0;
  for (unsigned shift = 0;; shift += 7) {
    auto byte = static_cast<unsigned char>(take(1).front());
    count |= static_cast<std::uint64_t>(byte % 128) << shift;
    if (byte < 128)
      return count;
  }
}

std::int64_t bytes_reader::take_number() {
  auto count = take_count();
  auto half = static_cast<std::int64_t>(count >> 1);
  return (count & 1) != 0 ? ~half : half;
}

std::string_view bytes_reader::take_text() {
  auto how = take_count();
  if (how == empty_text)
    return {};
  if (how >= first_other && (how - first_other) % 2 == 0)
    return known_.at((how - first_other) / 2);
  if (how >= first_other)
    return known_.emplace_back(take((how - first_other) / 2));
  auto is_uuid = how == uuid_text;
  auto length = is_uuid ? uuid_bytes_count : take_count();
  return known_.emplace_back(spelt_.emplace_back(spell(take(length), is_uuid)));
}

} // namespace holystone::scheduler
