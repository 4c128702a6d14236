#pragma once

// The text of one object of a list that comes in parts of any size. It knows
// where the object ends and no more of the grammar, so that the text must still
// be parsed. On request it leaves out who wrote which field: that is half of
// most objects, and what is not kept need not be parsed. Part of list_pages.

#include "k8s_io/json_place.hpp"

#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// An object in the making; one after the other, in the same memory.
class object_text {
public:
  /// Without managers an array or object that is called `managedFields` and is
  /// a member of one of the object's members is left empty.
  explicit object_text(bool without_managers)
      : without_managers_(without_managers) {
    // nop
  }

  /// Takes what belongs to the object from the beginning of `part`, and says
  /// how much that was: all of it, unless the object is whole then. The first
  /// part begins with a brace or a bracket.
  std::size_t feed(std::string_view part);

  /// Are all braces closed?
  bool is_whole() const noexcept {
    return at_.depth() <= 0;
  }

  /// Is it longer than any object? Its text is the beginning then.
  bool is_too_long() const noexcept {
    return is_too_long_;
  }

  /// What was kept.
  const std::string& text() const noexcept {
    return text_;
  }

  /// Begins with the next object.
  void clear();

private:
  std::size_t pass_member(std::string_view part, std::size_t end,
                          std::size_t from, bool begins);
  bool is_of_managers(std::string_view more) const;
  void keep(std::string_view more);

  bool without_managers_;
  std::string text_;
  json_place at_;
  bool is_left_out_ = false;
  bool is_too_long_ = false;
};

} // namespace holystone::k8s_io
