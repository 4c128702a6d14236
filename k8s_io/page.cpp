#include "k8s_io/page.hpp"

#include "k8s_io/transfer.hpp"

#include <fmt/format.h>

#include <array>
#include <new>

namespace holystone::k8s_io {

namespace {

/// The list of ten thousand repositories comes in pages of 0.5 MB.
constexpr std::size_t longest_page = std::size_t{64} << 20;

std::size_t take(char* data, std::size_t, std::size_t size, void* user) {
  auto& text = *static_cast<std::string*>(user);
  if (text.size() + size > longest_page)
    return 0; // any other number than the bytes' ends the transfer
  text.append(data, size);
  return size;
}

std::optional<instant> date_of(CURL* easy) {
  curl_header* found = nullptr;
  if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
    return std::nullopt;
  auto at = curl_getdate(found->value, nullptr);
  return at < 0 ? std::nullopt : std::optional{instant{seconds{at}}};
}

} // namespace

result<page> read_page(credentials& who, const std::string& target,
                       std::chrono::milliseconds patience) {
  easy_handle easy{curl_easy_init()};
  if (!easy)
    throw std::bad_alloc{};
  page read;
  header_list headers;
  header_list connect_to;
  std::array<char, CURL_ERROR_SIZE> detail{};
  auto now = std::chrono::steady_clock::now();
  set_peer(easy.get(), who, target, connect_to, now);
  add_header(headers, "Accept: application/json");
  add_token(headers, who, now);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS,
                   static_cast<long>(patience.count()));
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &read.body);
  if (auto how = curl_easy_perform(easy.get()); how != CURLE_OK)
    return error{fmt::format("{}{}: {}", who.server(), target,
                             words_for(how, detail.data()))};
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  read.status = static_cast<int>(status);
  read.date = date_of(easy.get());
  return read;
}

} // namespace holystone::k8s_io
