#pragma once

// Compresses as an API server does. Included by the tests of this folder.

#include <zlib.h>

#include <stdexcept>
#include <string>

namespace holystone::k8s_io {

/// `text` as gzip.
inline std::string gzipped(std::string text) {
  z_stream stream{};
  // 15 bits of window, 16 for gzip's own header.
  if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY)
      != Z_OK)
    throw std::runtime_error{"zlib cannot be initialised"};
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

} // namespace holystone::k8s_io
