// `H` items of a schedule: the part of cron.hpp that runs before the parser.

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

#include "scheduler/cron.hpp"
#include "scheduler/cron_words.hpp"

namespace holystone::scheduler {

namespace {

struct hashed_field {
  std::string_view name;
  unsigned low;
  unsigned high;
};

// Days end at 28 so that every month has the day.
constexpr std::array<hashed_field, 3> hashed_fields{
    {{"minute", 0, 59}, {"hour", 0, 23}, {"day of month", 1, 28}}};

constexpr std::string_view syntax = "write H, H/n, H(a-b) or H(a-b)/n";

// The finalizer of splitmix64: every input bit reaches every output bit, so
// fields and items get independent numbers from one hash.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

// Draws evenly from 0 to size - 1 by the upper half of the product.
unsigned draw(std::uint64_t hash, std::size_t field, std::size_t item,
              unsigned size) {
  auto salt = (field * 64 + item + 1) * 0x9E3779B97F4A7C15U;
  auto bits = mix(hash + salt) >> 32U;
  return static_cast<unsigned>(bits * size >> 32U);
}

bool take_number(std::string_view& text, unsigned& out) {
  auto [end, failure]
      = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{})
    return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c))
    return false;
  text.remove_prefix(1);
  return true;
}

// What stands in one item.
struct hashed_item {
  unsigned low;
  unsigned high;
  // 0 without a step.
  unsigned step = 0;
};

std::optional<hashed_item> parse_item(std::string_view text,
                                      const hashed_field& field) {
  hashed_item item{field.low, field.high};
  take(text, 'H');
  if (take(text, '(')
      && !(take_number(text, item.low) && take(text, '-')
           && take_number(text, item.high) && take(text, ')')))
    return std::nullopt;
  if (take(text, '/') && (!take_number(text, item.step) || item.step == 0))
    return std::nullopt;
  if (!text.empty())
    return std::nullopt;
  return item;
}

result<std::string> resolve_item(std::string_view text, std::uint64_t hash,
                                 std::size_t field, std::size_t index) {
  auto& kind = hashed_fields[field];
  auto item = parse_item(text, kind);
  if (!item)
    return error{fmt::format("{} {}: {}", kind.name, quoted(text), syntax)};
  if (item->low < kind.low || item->high > kind.high || item->low > item->high)
    return error{fmt::format("{} {}: the range must lie within {}-{}",
                             kind.name, quoted(text), kind.low, kind.high)};
  auto size = item->high - item->low + 1;
  if (item->step > size)
    return error{fmt::format("{} {}: the step must be 1-{}", kind.name,
                             quoted(text), size)};
  if (item->step == 0)
    return std::to_string(item->low + draw(hash, field, index, size));
  auto first = item->low + draw(hash, field, index, item->step);
  return fmt::format("{}-{}/{}", first, item->high, item->step);
}

result<std::string> resolve_field(std::string_view text, std::uint64_t hash,
                                  std::size_t field) {
  std::string out;
  auto items = split(text, ',');
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0)
      out += ',';
    if (!items[i].starts_with('H')) {
      out += items[i];
      continue;
    }
    if (field >= hashed_fields.size())
      return error{fmt::format("{} stands in field {}; H may stand in "
                               "minute, hour and day of month only",
                               quoted(items[i]), field + 1)};
    auto item = resolve_item(items[i], hash, field, i);
    if (!item)
      return item.why();
    out += *item;
  }
  return out;
}

std::optional<std::uint64_t> parse_hash(std::string_view hex) {
  std::uint64_t hash = 0;
  auto [end, failure]
      = std::from_chars(hex.data(), hex.data() + hex.size(), hash, 16);
  if (hex.size() != 16 || failure != std::errc{}
      || end != hex.data() + hex.size())
    return std::nullopt;
  return hash;
}

// The words of the five fields; a zone prefix is no field.
std::vector<std::string_view> fields_of(std::string_view text) {
  auto words = split_words(text);
  auto has_zone = text.starts_with("TZ=") || text.starts_with("CRON_TZ=");
  if (has_zone)
    words.erase(words.begin());
  if (!words.empty() && words[0].starts_with('@'))
    words.clear();
  return words;
}

} // namespace

bool is_hashed(std::string_view text) {
  for (auto field : fields_of(text))
    for (auto item : split(field, ','))
      if (item.starts_with('H'))
        return true;
  return false;
}

result<std::string> resolve_hashed(std::string_view text,
                                   std::string_view hash_hex) {
  if (!is_hashed(text))
    return std::string{text};
  auto fail = [&](std::string_view why) {
    return error{fmt::format("schedule {}: {}", quoted(text), why)};
  };
  auto hash = parse_hash(hash_hex);
  if (!hash)
    return fail("H needs the repository's hash of 16 hex digits");
  std::string out;
  auto copied = text.data();
  auto fields = fields_of(text);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto field = resolve_field(fields[i], *hash, i);
    if (!field)
      return fail(field.why().message);
    out.append(copied, fields[i].data());
    out += *field;
    copied = fields[i].data() + fields[i].size();
  }
  return out.append(copied, text.data() + text.size());
}

} // namespace holystone::scheduler
