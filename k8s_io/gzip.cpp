#include "k8s_io/gzip.hpp"

#include <zlib.h>

#include <memory>
#include <new>
#include <vector>

namespace holystone::k8s_io {

namespace {

constexpr std::size_t part_size = std::size_t{32} << 10;

// How every gzip file begins, and no JSON text.
constexpr std::string_view magic = "\x1f\x8b";

struct stream_deleter {
  void operator()(z_stream* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
  }
};
using stream_ptr = std::unique_ptr<z_stream, stream_deleter>;

stream_ptr open(std::string_view body) {
  auto made = std::make_unique<z_stream>();
  made->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  made->avail_in = static_cast<uInt>(body.size());
  // 15 bits of window, 16 for gzip's own header.
  if (inflateInit2(made.get(), 15 + 16) != Z_OK)
    throw std::bad_alloc{};
  return stream_ptr{made.release()};
}

} // namespace

std::optional<error> for_each_part(std::string_view body,
                                   const part_taker& take) {
  if (!body.starts_with(magic))
    return take(body);
  auto stream = open(body);
  std::vector<char> part(part_size);
  for (;;) {
    stream->next_out = reinterpret_cast<Bytef*>(part.data());
    stream->avail_out = static_cast<uInt>(part.size());
    auto how = inflate(stream.get(), Z_NO_FLUSH);
    if (how != Z_OK && how != Z_STREAM_END)
      return error{"the compressed answer is broken or cut"};
    if (auto failed = take({part.data(), part.size() - stream->avail_out}))
      return failed;
    if (how == Z_STREAM_END)
      break;
  }
  if (stream->avail_in > 0)
    return error{"something follows the compressed answer"};
  return {};
}

} // namespace holystone::k8s_io
