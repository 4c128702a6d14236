#include "k8s_io/credentials.hpp"

#include "k8s_io/base64.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace holystone::k8s_io {

namespace {

using namespace std::chrono_literals;

// The kubelet replaces a token at 80 % of its life; a look each minute with
// 10 s of leeway is what R-40 asks for.
constexpr auto token_interval = 50s;

//
constexpr auto tls_interval = 5min;

// A bundle of many authorities is about 200 KiB.
constexpr std::size_t longest_file = std::size_t{1} << 20;

std::string trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos)
    return {};
  auto end = text.find_last_not_of(" \t\r\n");
  return std::string{text.substr(begin, end - begin + 1)};
}

// Is `bytes` one DER sequence, neither cut off nor followed by anything?
bool is_der(std::string_view bytes) {
  if (bytes.size() < 2 || bytes[0] != '\x30')
    return false;
  std::size_t length = static_cast<unsigned char>(bytes[1]);
  std::size_t header = 2;
  if (length >= 0x80) {
    header += length & 0x7f;
    if (header > 6 || bytes.size() < header)
      return false;
    length = 0;
    for (auto c : bytes.substr(2, header - 2))
      length = length << 8 | static_cast<unsigned char>(c);
  }
  return bytes.size() == header + length;
}

// A file that is being replaced may be empty, cut off or garbage, and nothing
// but a whole one may take the place of what works.
bool is_pem(std::string_view text) {
  constexpr std::string_view begin = "-----BEGIN ";
  constexpr std::string_view end = "-----END ";
  auto blocks = 0;
  for (;;) {
    auto from = text.find(begin);
    if (from == std::string_view::npos)
      return blocks > 0;
    from = text.find("-----", from + begin.size());
    auto to = text.find(end);
    if (from == std::string_view::npos || to == std::string_view::npos
        || to < from)
      return false;
    auto bytes = from_base64(text.substr(from + 5, to - from - 5));
    if (!bytes || !is_der(*bytes))
      return false;
    ++blocks;
    text.remove_prefix(to + end.size());
  }
}

result<secret_bytes> read_pem(const pem_source& from, const char* what,
                              const file_reader& read) {
  if (from.path.empty())
    return from.inline_text;
  auto text = read(from.path);
  if (!text)
    return text.why();
  secret_bytes out{std::move(*text)};
  if (!is_pem(out.reveal()))
    return error{
        fmt::format("{}: the {} is empty or not PEM", from.path, what)};
  return out;
}

bool are_equal(const secret_bytes& a, const secret_bytes& b) {
  return a.reveal() == b.reveal();
}

} // namespace

result<std::string> read_file(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{
      std::fopen(path.c_str(), "rbe"), std::fclose};
  if (!file)
    return error{fmt::format("{}: {}", path, std::strerror(errno))};
  std::string out(longest_file + 1, '\0');
  out.resize(std::fread(out.data(), 1, out.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return error{fmt::format("{}: cannot be read", path)};
  if (out.size() > longest_file)
    return error{
        fmt::format("{}: is larger than {} bytes", path, longest_file)};
  out.shrink_to_fit();
  return out;
}

credentials::credentials(credential_sources sources, file_reader read)
    : sources_(std::move(sources)), read_(std::move(read)) {
  // nop
}

result<credentials> credentials::load(credential_sources sources,
                                      time_point now, file_reader read) {
  credentials out{std::move(sources), std::move(read)};
  out.token_ = out.sources_.token;
  if (auto failed = out.read_tls())
    return *failed;
  out.tls_looked_ = now;
  if (!out.sources_.token_file.empty()) {
    if (auto failed = out.read_token(now))
      return *failed;
    out.token_looked_ = now;
  }
  return out;
}

const secret_bytes& credentials::token(time_point now) {
  if (!sources_.token_file.empty() && now - token_looked_ >= token_interval) {
    token_looked_ = now;
    // An error keeps the old token; if it is refused, that is heard.
    read_token(now);
  }
  return token_;
}

bool credentials::refused(time_point started, time_point now) {
  if (sources_.token_file.empty())
    return false;
  // Another request has brought a newer token meanwhile: use that.
  if (token_changed_ > started)
    return true;
  auto old = token_;
  token_looked_ = now;
  return !read_token(now) && !are_equal(old, token_);
}

const credentials::tls& credentials::tls_now(time_point now) {
  if (now - tls_looked_ >= tls_interval) {
    tls_looked_ = now;
    // An error keeps what we have.
    read_tls();
  }
  return tls_;
}

std::optional<error> credentials::read_token(time_point now) {
  auto text = read_(sources_.token_file);
  if (!text)
    return text.why();
  auto token = secret_bytes{trimmed(*text)};
  const secret_bytes wiped{std::move(*text)};
  if (token.reveal().empty())
    return error{sources_.token_file + ": the token is empty"};
  // A line end within would become a header of its own.
  if (token.reveal().find_first_of("\r\n") != std::string_view::npos)
    return error{sources_.token_file + ": the token has several lines"};
  if (!are_equal(token, token_)) {
    token_ = std::move(token);
    token_changed_ = now;
  }
  return {};
}

// All three or none: a certificate goes with its key only.
std::optional<error> credentials::read_tls() {
  auto authority = read_pem(sources_.authority, "certificate authority", read_);
  if (!authority)
    return authority.why();
  auto certificate
      = read_pem(sources_.certificate, "client certificate", read_);
  if (!certificate)
    return certificate.why();
  auto key = read_pem(sources_.key, "client key", read_);
  if (!key)
    return key.why();
  if (authority->reveal() == tls_.authority
      && are_equal(*certificate, tls_.certificate) && are_equal(*key, tls_.key))
    return {};
  tls_.authority = std::string{authority->reveal()};
  tls_.certificate = std::move(*certificate);
  tls_.key = std::move(*key);
  ++tls_.generation;
  return {};
}

} // namespace holystone::k8s_io
