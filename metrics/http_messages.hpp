#pragma once

// Requests and answers between our words and Boost.Beast's. Internal to
// http_connection.hpp, like everything that needs Beast to compile.

#include "metrics/http_exchange.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>

namespace holystone::metrics {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using error = boost::system::error_code;

/// Address and port of the other end; empty when it is gone.
inline std::string peer_name(const tcp::socket& socket) {
  error ec;
  auto end = socket.remote_endpoint(ec);
  if (ec)
    return {};
  auto address = end.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  auto text = address.to_string();
  if (address.is_v6())
    text = "[" + text + "]";
  return text + ":" + std::to_string(end.port());
}

/// A request that was read, in our words.
inline http_request convert(http::request<http::string_body>&& from,
                            std::string peer) {
  http_request to;
  to.method = std::string{from.method_string()};
  to.target = std::string{from.target()};
  for (const auto& field : from)
    to.headers.add(std::string{field.name_string()},
                   std::string{field.value()});
  to.body = std::move(from.body());
  to.peer = std::move(peer);
  return to;
}

/// The answer to a request that could not be read.
inline http_response refusal(const error& ec) {
  if (ec == http::error::header_limit)
    return {.status = 431, .body = "the request's header is too large\n"};
  if (ec == http::error::body_limit)
    return {.status = 413, .body = "the request's body is too large\n"};
  return {.status = 400, .body = "not a valid HTTP/1.1 request\n"};
}

/// May the text be a field? A line break would begin another one.
inline bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t';
  });
}

/// Sets status and fields of an answer of ours; what is not clean is left out.
template <class Response>
void fill_head(Response& to, int status, const std::string& content_type,
               const http_headers& headers) {
  to.result(static_cast<unsigned>(status));
  to.set(http::field::date, http_date());
  if (!content_type.empty() && is_clean(content_type))
    to.set(http::field::content_type, content_type);
  for (const auto& [name, value] : headers)
    if (is_clean(name) && is_clean(value))
      to.insert(name, value);
}

/// Does an answer of this status end with its head?
inline bool has_no_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

} // namespace holystone::metrics
