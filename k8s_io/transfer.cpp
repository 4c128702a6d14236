#include "k8s_io/transfer.hpp"

#include "k8s_io/gzip.hpp"

#include <fmt/format.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <new>

namespace holystone::k8s_io {

namespace {

// Seconds of silence until TCP asks whether the peer lives, and how it asks
// until it gives up 15 s later.
constexpr long probe_after = 30;
constexpr long probe_interval = 5;
constexpr int probes = 3;
constexpr unsigned unacknowledged = 45'000; // milliseconds: 30 s + 15 s

// Kept of the answer to a watch that was refused.
constexpr std::size_t longest_end_body = std::size_t{64} << 10;

curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto made = ::socket(address->family, address->socktype | SOCK_CLOEXEC,
                       address->protocol);
  if (made < 0)
    return CURL_SOCKET_BAD;
  // What curl has no options for; it sets idle time and interval itself.
  ::setsockopt(made, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  ::setsockopt(made, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged,
               sizeof unacknowledged);
  static_cast<socket_set*>(user)->insert(made);
  return made;
}

int on_close_socket(void* user, curl_socket_t which) {
  static_cast<socket_set*>(user)->erase(which);
  return ::close(which);
}

// `https://host:port/path` cut at the end of the host.
struct base_address {
  std::string scheme;
  std::string host;
  std::string port;
  std::string path;
};

base_address to_address(const std::string& server) {
  base_address out;
  auto colon = server.find("://");
  out.scheme = server.substr(0, colon);
  auto rest = server.substr(colon + 3);
  if (auto slash = rest.find('/'); slash != std::string::npos) {
    out.path = rest.substr(slash);
    rest.resize(slash);
  }
  auto port = rest.rfind(':');
  // Not one of an IPv6 address's own.
  if (port != std::string::npos && rest.find(']', port) == std::string::npos) {
    out.port = rest.substr(port + 1);
    rest.resize(port);
  }
  out.host = rest;
  if (out.port.empty())
    out.port = out.scheme == "https" ? "443" : "80";
  return out;
}

bool is_secure(const std::string& server) {
  return server.rfind("https:", 0) == 0;
}

// What a refusal says, should somebody on the way compress it.
std::string plain_text(std::string_view body) {
  std::string text;
  for_each_part(body, [&](std::string_view part) -> std::optional<error> {
    text += part.substr(0, longest_end_body - text.size());
    return {};
  });
  return text;
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  curl_easy_setopt(easy, option, value);
}

void set_blob(CURL* easy, CURLoption option, std::string_view text) {
  if (text.empty())
    return;
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
  curl_easy_setopt(easy, option, &blob);
}

} // namespace

// -- whom we call and whom we trust -------------------------------------------

void set_peer(CURL* easy, credentials& who, const std::string& target,
              header_list& connect_to, transfer::clock::time_point now) {
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L); // it would carry our token
  set(easy, CURLOPT_PROXY, "");          // none, whatever the environment says
  set(easy, CURLOPT_USERAGENT, "holystone");
  auto url = who.server() + target;
  // A name to verify other than the host's: call the server by that name, at
  // the host's address.
  if (auto& name = who.tls_server_name(); !name.empty()) {
    auto at = to_address(who.server());
    url = fmt::format("{}://{}:{}{}{}", at.scheme, name, at.port, at.path,
                      target);
    connect_to.reset(curl_slist_append(
        nullptr, fmt::format("::{}:{}", at.host, at.port).c_str()));
    set(easy, CURLOPT_CONNECT_TO, connect_to.get());
  }
  set(easy, CURLOPT_URL, url.c_str());
  if (!is_secure(who.server()))
    return;
  auto& tls = who.tls_now(now);
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (who.skip_verify()) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!tls.authority.empty()) {
    set_blob(easy, CURLOPT_CAINFO_BLOB, tls.authority);
    // Otherwise the system's authorities would be trusted as well.
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set_blob(easy, CURLOPT_SSLCERT_BLOB, tls.certificate.reveal());
  set_blob(easy, CURLOPT_SSLKEY_BLOB, tls.key.reveal());
}

void add_header(header_list& headers, const std::string& line) {
  auto* longer = curl_slist_append(headers.get(), line.c_str());
  if (!longer)
    throw std::bad_alloc{};
  static_cast<void>(headers.release());
  headers.reset(longer);
}

void add_token(header_list& headers, credentials& who,
               transfer::clock::time_point now) {
  // A token in plain text would be anyone's.
  auto& token = who.token(now);
  if (!token.reveal().empty()
      && (is_secure(who.server()) || who.is_private_way()))
    add_header(headers,
               fmt::format("Authorization: Bearer {}", token.reveal()));
}

transfer::transfer(submission what, easy_handle easy, surroundings in)
    : in_(in), easy_(std::move(easy)), what_(std::move(what.call)),
      how_(what.how), done_(std::move(what.done)), splitter_(0), credit_(0) {
  // nop
}

transfer::transfer(opening what, easy_handle easy, surroundings in)
    : in_(in), easy_(std::move(easy)), what_(std::move(what.order)),
      id_(what.id), listener_(std::move(what.listener)),
      splitter_(in.limits.line_bytes),
      credit_(static_cast<std::ptrdiff_t>(in.limits.window)) {
  what_.what = verb::watch;
}

// -- bytes in -----------------------------------------------------------------

std::size_t transfer::on_bytes(char* data, std::size_t, std::size_t size,
                               void* user) {
  auto& self = *static_cast<transfer*>(user);
  return self.is_watch() ? self.take_watch({data, size})
                         : self.take_answer({data, size});
}

std::size_t transfer::take_answer(std::string_view bytes) {
  if (answer_.size() + bytes.size() > in_.limits.answer_bytes) {
    is_too_long_ = true;
    return 0; // any other number than the bytes' ends the transfer
  }
  answer_ += bytes;
  return bytes.size();
}

std::size_t transfer::take_watch(std::string_view bytes) {
  last_bytes_ = clock::now();
  if (status() != 200) {
    answer_ += bytes.substr(0, longest_end_body - answer_.size());
    return bytes.size();
  }
  if (credit_ <= 0) {
    is_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  std::vector<std::string> lines;
  is_too_long_ = !splitter_.feed(bytes, lines);
  credit_ -= static_cast<std::ptrdiff_t>(lines.size());
  if (!lines.empty())
    listener_.on_lines(std::move(lines));
  return is_too_long_ ? 0 : bytes.size();
}

bool transfer::grant(std::size_t lines) {
  credit_ += static_cast<std::ptrdiff_t>(lines);
  if (!is_paused_ || credit_ <= 0)
    return false;
  is_paused_ = false;
  last_bytes_ = clock::now();
  return true;
}

bool transfer::is_silent(clock::time_point now) const {
  if (!is_watch() || is_paused_)
    return false;
  // The head of the answer comes at once or, behind its server, after 3 s
  // but never later than that of any other request.
  auto longest = status() == 0 ? std::min(in_.limits.request_timeout,
                                          in_.limits.watch_silence)
                               : in_.limits.watch_silence;
  return now - last_bytes_ >= longest;
}

// -- set-up -------------------------------------------------------------------

void transfer::prepare(clock::time_point now) {
  started_ = now;
  last_bytes_ = now;
  answer_.clear();
  is_too_long_ = false;
  error_text_.front() = '\0';
  curl_easy_reset(easy());
  prepare_wire();
  prepare_message(now);
}

void transfer::prepare_wire() {
  auto& limits = in_.limits;
  set(easy(), CURLOPT_PRIVATE, this);
  set(easy(), CURLOPT_ERRORBUFFER, error_text_.data());
  set(easy(), CURLOPT_NOSIGNAL, 1L);
  set(easy(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // The smallest for what we send; and objects are small, connections many.
  set(easy(), CURLOPT_UPLOAD_BUFFERSIZE, 16L << 10);
  set(easy(), CURLOPT_BUFFERSIZE, 4L << 10);
  set(easy(), CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy(), CURLOPT_TCP_KEEPIDLE, probe_after);
  set(easy(), CURLOPT_TCP_KEEPINTVL, probe_interval);
  set(easy(), CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  set(easy(), CURLOPT_OPENSOCKETDATA, &in_.sockets);
  set(easy(), CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
  set(easy(), CURLOPT_CLOSESOCKETDATA, &in_.sockets);
  set(easy(), CURLOPT_WRITEFUNCTION, on_bytes);
  set(easy(), CURLOPT_WRITEDATA, this);
  set(easy(), CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(limits.connect_timeout.count()));
  auto whole = how_ == urgency::urgent ? limits.urgent_timeout
                                       : limits.request_timeout;
  if (!is_watch())
    set(easy(), CURLOPT_TIMEOUT_MS, static_cast<long>(whole.count()));
}

void transfer::prepare_message(clock::time_point now) {
  set_peer(easy(), in_.who, to_target(what_), connect_to_, now);
  headers_.reset();
  // Lists are long and compress well, and stay compressed until they are read;
  // a compressed watch can't be paused.
  if (what_.what == verb::list)
    add_header(headers_, "Accept-Encoding: gzip");
  add_header(headers_, "Accept: " + accept(what_));
  body_ = to_body(what_);
  if (auto type = content_type(what_); !type.empty()) {
    add_header(headers_, fmt::format("Content-Type: {}", type));
    add_header(headers_,
               "Expect:"); // no pause before bodies of more than 1 MiB
    set(easy(), CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(body_.size()));
    set(easy(), CURLOPT_POSTFIELDS, body_.data());
    set(easy(), CURLOPT_CUSTOMREQUEST,
        std::string{to_method(what_.what)}.c_str());
  }
  add_token(headers_, in_.who, now);
  set(easy(), CURLOPT_HTTPHEADER, headers_.get());
}

easy_handle transfer::release() noexcept {
  // The handle must not point to what dies with us.
  curl_easy_reset(easy());
  return std::move(easy_);
}

// -- outcome ------------------------------------------------------------------

bool transfer::wants_retry(CURLcode how, clock::time_point now) {
  if (how != CURLE_OK || status() != 401 || was_refused_)
    return false;
  was_refused_ = true;
  return in_.who.refused(started_, now);
}

void transfer::conclude(CURLcode how) {
  auto failure = how == CURLE_OK ? std::string{} : failure_text(how);
  if (!is_watch()) {
    response out;
    out.is_too_long = is_too_long_;
    out.failure = std::move(failure);
    if (how == CURLE_OK) {
      out.status = status();
      out.body = out.ok() ? std::move(answer_) : plain_text(answer_);
      out.retry_after = retry_after();
    }
    return done_(std::move(out));
  }
  if (how == CURLE_OK && splitter_.is_within_line())
    failure = "the stream ended within a line";
  listener_.on_end(
      {status(), std::move(answer_), std::move(failure), retry_after()});
}

void transfer::conclude(std::string failure) {
  if (is_watch())
    return listener_.on_end({status(), {}, std::move(failure), {}});
  response out;
  out.failure = std::move(failure);
  done_(std::move(out));
}

int transfer::status() const {
  long code = 0;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &code);
  return static_cast<int>(code);
}

std::optional<seconds> transfer::retry_after() const {
  curl_off_t wait = 0;
  curl_easy_getinfo(easy(), CURLINFO_RETRY_AFTER, &wait);
  return wait > 0 ? std::optional{seconds{wait}} : std::nullopt;
}

std::string transfer::failure_text(CURLcode how) const {
  if (is_too_long_)
    return is_watch() ? fmt::format("a line is longer than {} bytes",
                                    in_.limits.line_bytes)
                      : fmt::format("the answer is longer than {} bytes",
                                    in_.limits.answer_bytes);
  return words_for(how, error_text_.data());
}

std::string words_for(CURLcode how, std::string_view detail) {
  // OpenSSL's own words may be no more than an error number.
  if (how == CURLE_SSL_CONNECT_ERROR || how == CURLE_PEER_FAILED_VERIFICATION)
    return fmt::format("no trusted TLS connection: {}; is this the authority "
                       "and the name of the server's certificate?",
                       detail);
  return detail.empty() ? curl_easy_strerror(how) : std::string{detail};
}

} // namespace holystone::k8s_io
