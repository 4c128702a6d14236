#include "mover/redaction.hpp"

#include "scheduler/kopia_url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace holystone::mover {

namespace {

/// A shorter value is hidden only where it stands as a word of its own.
constexpr std::size_t shortest = 6;
/// A string inside a JSON document is a credential from this length on; below
/// it are its keys.
constexpr std::size_t shortest_inside = 24;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Values of these keys tell where a repository is; users need them.
bool is_address(std::string_view key) {
  return key == "KOPIA_REPOSITORY" || key == "WEBDAV_URL"
         || contains(key, "ENDPOINT");
}

/// Does a short value of this key prove who asks?
bool is_credential(std::string_view key) {
  return contains(key, "PASSWORD") || contains(key, "SECRET")
         || contains(key, "KEY") || contains(key, "TOKEN")
         || contains(key, "SAS");
}

bool is_word(std::string_view text, std::size_t at) {
  return at < text.size()
         && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
}

std::optional<unsigned> hex(std::string_view text, std::size_t digits) {
  unsigned value = 0;
  if (text.size() < digits)
    return std::nullopt;
  const auto* const end = text.data() + digits;
  const auto [at, failed] = std::from_chars(text.data(), end, value, 16);
  if (failed != std::errc{} || at != end)
    return std::nullopt;
  return value;
}

/// How many bytes at the beginning of `text` are `byte`, encoded; 0 if none.
std::size_t encoded(std::string_view text, char byte) {
  if (text.size() < 2)
    return byte == ' ' && text.starts_with('+') ? 1 : 0;
  const auto code = static_cast<unsigned char>(byte);
  if (text[0] == '+')
    return byte == ' ' ? 1 : 0;
  if (text[0] == '%')
    return hex(text.substr(1), 2) == code ? 3 : 0;
  if (text[0] != '\\')
    return 0;
  constexpr std::string_view names = "abfnrtv";
  constexpr std::string_view meanings = "\a\b\f\n\r\t\v";
  if (text[1] == 'x')
    return hex(text.substr(2), 2) == code ? 4 : 0;
  if (text[1] == 'u')
    return hex(text.substr(2), 4) == code ? 6 : 0;
  if (const auto at = names.find(text[1]); at != std::string_view::npos)
    return meanings[at] == byte ? 2 : 0;
  return text[1] == byte ? 2 : 0;
}

/// How many bytes at the beginning of `text` spell `secret`; 0 if they don't.
std::size_t spelled(std::string_view text, std::string_view secret,
                    bool raw_first) {
  std::size_t at = 0;
  for (const char byte : secret) {
    const auto rest = text.substr(at);
    const std::size_t raw = !rest.empty() && rest.front() == byte ? 1 : 0;
    const auto other = raw_first && raw > 0 ? 0 : encoded(rest, byte);
    if (raw + other == 0)
      return 0;
    at += other > 0 ? other : raw;
  }
  return at;
}

std::size_t spelled(std::string_view text, std::string_view secret) {
  const auto size = spelled(text, secret, true);
  return size > 0 ? size : spelled(text, secret, false);
}

template <class Visit>
void for_each_part(std::string_view text, std::string_view mark, Visit visit) {
  while (!text.empty()) {
    const auto end = std::min(text.find(mark), text.size());
    visit(scheduler::trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + mark.size(), text.size()));
  }
}

/// `user:password` of a URL, or nothing.
std::string_view userinfo(std::string_view url) {
  if (const auto mark = url.find("://"); mark != std::string_view::npos)
    url.remove_prefix(mark + 3);
  url = url.substr(0, url.find('/'));
  const auto at = url.rfind('@');
  return at == std::string_view::npos ? std::string_view{} : url.substr(0, at);
}

} // namespace

redaction::redaction(const scheduler::secret_data& secret) {
  for (const auto& [key, bytes] : secret) {
    const auto value = scheduler::trimmed(bytes.reveal());
    if (is_address(key)) {
      const auto user = userinfo(value);
      hide(user);
      if (const auto colon = user.find(':'); colon != std::string_view::npos)
        hide(user.substr(colon + 1));
      if (const auto query = value.find('?'); query != std::string_view::npos)
        hide(value.substr(query + 1));
      continue;
    }
    if (value.size() >= shortest || is_credential(key))
      hide(value);
    if (!contains(value, "\n") && !value.starts_with('{'))
      continue;
    for_each_part(value, "\n", [&](std::string_view line) {
      if (line.size() >= shortest)
        hide(line);
      const auto equals = line.find('=');
      if (equals == std::string_view::npos)
        return;
      const auto given = scheduler::trimmed(line.substr(equals + 1));
      if (given.size() >= shortest)
        hide(given);
    });
    for_each_part(value, "\"", [&](std::string_view text) {
      for_each_part(text, "\\n", [&](std::string_view line) {
        if (line.size() >= shortest_inside)
          hide(line);
      });
    });
  }
  std::sort(values_.begin(), values_.end(), [](const auto& a, const auto& b) {
    return a.reveal().size() > b.reveal().size();
  });
  // \u00xx is the longest way to write a byte.
  if (!values_.empty())
    longest_ = 6 * values_.front().reveal().size();
}

void redaction::hide(std::string_view value) {
  if (!value.empty())
    values_.emplace_back(std::string{value});
}

std::string redaction::filter(std::string_view text) const {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto rest = text.substr(at);
    std::size_t size = 0;
    for (const auto& value : values_) {
      const auto bytes = value.reveal();
      size = spelled(rest, bytes);
      if (bytes.size() < shortest
          && ((at > 0 && is_word(text, at - 1)) || is_word(text, at + size)))
        size = 0;
      if (size > 0)
        break;
    }
    if (size > 0)
      out += "***";
    else
      out += text[at];
    at += std::max<std::size_t>(size, 1);
  }
  return out;
}

std::string redacted_stream::take(std::string_view bytes) {
  constexpr std::size_t most = 64 << 10;
  pending_ += bytes;
  std::string out;
  const auto lines = pending_.rfind('\n') + 1; // 0 if there is no end
  if (lines > 0) {
    out = rule_.filter(std::string_view{pending_}.substr(0, lines));
    pending_.erase(0, lines);
  }
  if (pending_.size() > most) {
    // What is cut apart must not be a credential's beginning.
    auto shown = rule_.filter(pending_);
    const auto kept = std::min({shown.size(), rule_.longest(), most / 2});
    pending_ = shown.substr(shown.size() - kept);
    shown.resize(shown.size() - kept);
    out += shown;
  }
  return out;
}

std::string redacted_stream::finish() {
  auto out = rule_.filter(pending_);
  pending_.clear();
  return out;
}

} // namespace holystone::mover
