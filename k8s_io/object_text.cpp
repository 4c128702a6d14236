#include "k8s_io/object_text.hpp"

#include <algorithm>

namespace holystone::k8s_io {

namespace {

// etcd holds objects of up to 1.5 MiB (R-20).
constexpr std::size_t longest_object = std::size_t{4} << 20;

// Inside the braces of metadata, and of all that is beside it.
constexpr int depth_of_members = 2;

// As API servers write it, without spaces. Who writes it in another way is
// read in full.
constexpr std::string_view managers = R"("managedFields":)";

} // namespace

std::size_t object_text::feed(std::string_view part) {
  // A copy stays in registers.
  auto at = at_;
  std::size_t from = 0;
  std::size_t i = 0;
  do {
    i += at.skip(part.substr(i));
    if (i == part.size())
      break;
    auto before = at.depth();
    at.follow(part[i++]);
    if (without_managers_ && before != at.depth()
        && std::min(before, at.depth()) == depth_of_members)
      from = pass_member(part, i, from, before < at.depth());
  } while (at.depth() > 0);
  at_ = at;
  keep(part.substr(from, i - from));
  return i;
}

void object_text::clear() {
  text_.clear();
  at_ = {};
  is_left_out_ = is_too_long_ = false;
}

// Passes the brace before `end`; gives from where on nothing was kept yet.
std::size_t object_text::pass_member(std::string_view part, std::size_t end,
                                     std::size_t from, bool begins) {
  if (is_left_out_) {
    is_left_out_ = false;
    return end - 1;
  }
  if (!begins || !is_of_managers(part.substr(from, end - 1 - from)))
    return from;
  keep(part.substr(from, end - from));
  is_left_out_ = true;
  return end;
}

// Does a member of that name follow after what was kept and `more`?
bool object_text::is_of_managers(std::string_view more) const {
  std::string tail;
  if (more.size() <= managers.size()) {
    auto size = std::min(text_.size(), managers.size() + 1);
    tail = text_.substr(text_.size() - size);
    tail += more;
    more = tail;
  }
  if (more.size() <= managers.size() || !more.ends_with(managers))
    return false;
  // A quote within a name would stand behind a backslash.
  auto c = more[more.size() - managers.size() - 1];
  return c == '{' || c == ',';
}

void object_text::keep(std::string_view more) {
  if (is_left_out_)
    return;
  auto room = longest_object - text_.size();
  is_too_long_ = is_too_long_ || more.size() > room;
  text_ += more.substr(0, room);
}

} // namespace holystone::k8s_io
