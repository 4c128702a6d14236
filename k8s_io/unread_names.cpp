#include "k8s_io/unread_names.hpp"

#include "k8s_io/object_head.hpp"

#include <fmt/format.h>

namespace holystone::k8s_io {

namespace {

constexpr std::size_t most_named = 10;

} // namespace

void unread_names::add(const boost::json::object& headline,
                       std::string_view why) {
  if (++count_ > most_named)
    return;
  auto key = identity_of(headline).key;
  names_.push_back(fmt::format(
      "{} ({})", key.name.empty() ? "one without a name" : to_string(key),
      why));
}

std::string unread_names::message(std::string_view plural) const {
  return fmt::format("{} of {} can't be read and are ignored until that is "
                     "mended: {}{}",
                     count_, plural, fmt::join(names_, ", "),
                     count_ > most_named ? ", ..." : "");
}

} // namespace holystone::k8s_io
