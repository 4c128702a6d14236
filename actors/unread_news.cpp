#include "actors/unread_news.hpp"

#include "actors/folded_observations.hpp"

#include <cstdint>
#include <cstring>

namespace holystone::actors {

namespace {

/// What stands before the bytes of each.
struct head {
  std::uint32_t length = 0;
  std::uint32_t which = 0;
};

} // namespace

template <class News>
void unread_news::put(std::size_t which, const News& news) {
  bytes_writer to;
  scheduler::fold(to, news);
  const auto& text = to.bytes();
  head before{static_cast<std::uint32_t>(text.size()),
              static_cast<std::uint32_t>(which)};
  // No more room than it takes.
  auto at = bytes_.size();
  bytes_.reserve(at + sizeof before + text.size());
  bytes_.resize(at + sizeof before + text.size());
  std::memcpy(bytes_.data() + at, &before, sizeof before);
  text.copy(bytes_.data() + at + sizeof before, text.size());
}

void unread_news::add(const fact& news) {
  put(0, news);
}

void unread_news::add(const claimant& news) {
  put(1, news);
}

repository_news unread_news::take_first() {
  head before;
  std::memcpy(&before, bytes_.data() + taken_, sizeof before);
  bytes_reader from{{bytes_.data() + taken_ + sizeof before, before.length}};
  taken_ += sizeof before + before.length;
  repository_news news;
  if (before.which == 0)
    scheduler::unfold(from, news.emplace<fact>());
  else
    scheduler::unfold(from, news.emplace<claimant>());
  return news;
}

} // namespace holystone::actors
