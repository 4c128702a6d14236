#pragma once

// Where in a text of JSON a reader is that goes through it character by
// character: how deep in braces, and whether in a string. It knows no more of
// the grammar, so that what it is used to cut out must still be parsed.
// headline.hpp and list_pages.hpp cut with it.

namespace holystone::k8s_io {

/// A place in a text of JSON; before its first character at the start.
class json_place {
public:
  /// Goes on by one character.
  void follow(char c) {
    if (is_escaped_)
      is_escaped_ = false;
    else if (is_in_string_ && c == '\\')
      is_escaped_ = true;
    else if (c == '"')
      is_in_string_ = !is_in_string_;
    else if (!is_in_string_ && (c == '{' || c == '['))
      ++depth_;
    else if (!is_in_string_ && (c == '}' || c == ']'))
      --depth_;
  }

  /// Inside how many braces and brackets; negative in what is no JSON.
  int depth() const noexcept {
    return depth_;
  }

  /// Between a string's quotes?
  bool is_in_string() const noexcept {
    return is_in_string_;
  }

private:
  int depth_ = 0;
  bool is_in_string_ = false;
  bool is_escaped_ = false;
};

} // namespace holystone::k8s_io
