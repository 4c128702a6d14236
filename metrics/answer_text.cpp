#include "metrics/answer_text.hpp"

#include <zlib.h>

#include <array>
#include <new>
#include <utility>

namespace holystone::metrics {

namespace {

// Of a gzip file (RFC 1952): DEFLATE, no name, no time, an unknown system.
constexpr std::string_view gzip_header{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

void append_number(std::string& to, std::uint32_t number) {
  for (auto byte = 0; byte < 4; ++byte, number >>= 8)
    to += static_cast<char>(number & 0xff);
}

std::uint32_t checksum_of(std::uint32_t before, std::string_view part) {
  return static_cast<std::uint32_t>(crc32_z(
      before, reinterpret_cast<const Bytef*>(part.data()), part.size()));
}

} // namespace

bool takes_gzip(std::string_view accepted) {
  auto at = accepted.find("gzip");
  return at != accepted.npos && !accepted.substr(at).starts_with("gzip;q=0,")
         && accepted.substr(at) != "gzip;q=0";
}

struct text_packer::deflater {
  deflater() {
    // The fastest level; 15 bits of window, negative for blocks and no more.
    if (deflateInit2(&stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY)
        != Z_OK)
      throw std::bad_alloc{};
  }
  ~deflater() {
    deflateEnd(&stream);
  }

  deflater(const deflater&) = delete;
  deflater& operator=(const deflater&) = delete;

  void feed(std::string_view part, int flush, std::string& to) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    std::array<char, std::size_t{16} << 10> room;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(room.data());
      stream.avail_out = static_cast<uInt>(room.size());
      deflate(&stream, flush);
      to.append(room.data(), room.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }

  z_stream stream{};
};

text_packer::text_packer() : deflater_(std::make_unique<deflater>()) {
  // nop
}

text_packer::~text_packer() = default;

packed_text text_packer::pack(std::string_view part) {
  packed_text packed;
  if (part.empty())
    return packed;
  // What follows refers to nothing before it.
  deflater_->feed(part, Z_FULL_FLUSH, packed.blocks);
  packed.blocks.shrink_to_fit();
  packed.checksum = checksum_of(0, part);
  packed.size = static_cast<std::uint32_t>(part.size());
  return packed;
}

answer_text::answer_text(bool compress) {
  if (!compress)
    return;
  deflater_ = std::make_unique<text_packer::deflater>();
  text_ = gzip_header;
}

answer_text::~answer_text() = default;

void answer_text::put(std::string_view part) {
  if (!deflater_) {
    text_ += part;
    return;
  }
  deflater_->feed(part, Z_NO_FLUSH, text_);
  checksum_ = checksum_of(checksum_, part);
  size_ += static_cast<std::uint32_t>(part.size());
  is_open_ = true;
}

void answer_text::put(const packed_text& part) {
  // What comes behind must not refer to what is before the part.
  if (std::exchange(is_open_, false))
    deflater_->feed({}, Z_FULL_FLUSH, text_);
  text_ += part.blocks;
  checksum_ = static_cast<std::uint32_t>(
      crc32_combine(checksum_, part.checksum, part.size));
  size_ += part.size;
}

std::string answer_text::finish() {
  if (deflater_) {
    deflater_->feed({}, Z_FINISH, text_);
    append_number(text_, checksum_);
    append_number(text_, size_);
  }
  return std::move(text_);
}

} // namespace holystone::metrics
