#pragma once

// Label and field selectors of list, watch and deletecollection. Label
// selectors know the whole grammar; field selectors know those fields that
// the real server indexes for a kind and refuse the rest with 400. They look
// at objects and never change them.

#include "simulator/api_error.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace holystone::simulator {

struct kind_info;

/// What a query selects; empty selects everything.
class selection {
public:
  /// Parses both selectors; 400 names what is wrong.
  static answer<selection> parse(const kind_info& kind, std::string_view labels,
                                 std::string_view fields);

  /// Does it select everything?
  bool everything() const {
    return labels_.empty() && fields_.empty();
  }

  /// Is the object selected?
  bool admits(const boost::json::value& object) const;

private:
  enum class test { is_in, not_in, exists, absent, less, greater };

  struct label_term {
    std::string key;
    test how = test::exists;
    std::vector<std::string> values;
  };

  struct field_term {
    std::string field;
    bool equal = true;
    std::string value;
  };

  class label_parser;

  static answer<std::vector<label_term>> parse_labels(std::string_view text);
  static bool admits(const label_term& term, const std::string* value);

  std::vector<label_term> labels_;
  std::vector<field_term> fields_;
};

} // namespace holystone::simulator
