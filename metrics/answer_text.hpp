// A long text that is made part by part and leaves compressed when its reader
// takes it so: it is never in memory as a whole. Parts that rarely change may
// be compressed once and put into one text after the other. It is the other end
// of k8s_io/gzip.hpp. Used for /metrics and by the simulated API server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace holystone::metrics {

/// Does a reader with this Accept-Encoding take gzip?
bool takes_gzip(std::string_view accepted);

/// A part of a text, compressed on its own.
struct packed_text {
  /// Whole blocks of DEFLATE (RFC 1951), none of them the last.
  std::string blocks;
  /// CRC-32 and length of what they say.
  std::uint32_t checksum = 0;
  std::uint32_t size = 0;
};

/// Compresses parts, one after the other.
class text_packer {
public:
  text_packer();
  ~text_packer();

  text_packer(const text_packer&) = delete;
  text_packer& operator=(const text_packer&) = delete;

  /// Compresses a part.
  packed_text pack(std::string_view part);

private:
  friend class answer_text;
  struct deflater;

  std::unique_ptr<deflater> deflater_;
};

/// A text in the making.
class answer_text {
public:
  /// With `compress` the text becomes gzip's.
  explicit answer_text(bool compress);
  ~answer_text();

  answer_text(const answer_text&) = delete;
  answer_text& operator=(const answer_text&) = delete;

  /// Does it leave compressed?
  bool is_compressed() const noexcept {
    return deflater_ != nullptr;
  }

  /// Adds a part.
  void put(std::string_view part);

  /// Adds a part to a text that leaves compressed.
  void put(const packed_text& part);

  /// All of it; nothing may be added any more.
  std::string finish();

private:
  std::unique_ptr<text_packer::deflater> deflater_;
  std::string text_;
  std::uint32_t checksum_ = 0;
  /// Gzip counts modulo 2^32.
  std::uint32_t size_ = 0;
  /// Is there text whose blocks are not closed?
  bool is_open_ = false;
};

} // namespace holystone::metrics
