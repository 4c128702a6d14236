#pragma once

// The text of a gzip file, as its readers see it. Used by tests of what leaves
// compressed.

#include <catch2/catch.hpp>

#include <zlib.h>

#include <string>

namespace holystone::test {

/// Fails the test when it is no whole gzip file, and nothing else behind it.
inline std::string inflated(std::string text) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string all(1 << 24, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(all.data());
  stream.avail_out = static_cast<uInt>(all.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.avail_in == 0);
  all.resize(all.size() - stream.avail_out);
  inflateEnd(&stream);
  return all;
}

} // namespace holystone::test
