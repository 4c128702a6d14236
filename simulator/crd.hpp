#pragma once

// Custom kinds: what a CustomResourceDefinition says about its objects, read
// into a schema once, and the work done with it on every write: pruning,
// defaulting, validation. CEL rules are not interpreted: each rule of our own
// CRDs has an equivalent check here (cel_rules.hpp), and a CRD with an unknown
// one is refused with 501. Used by the write verbs and the table printer.

#include "scheduler/time.hpp"
#include "simulator/api_error.hpp"
#include "simulator/kinds.hpp"
#include "simulator/schema.hpp"

#include <boost/json.hpp>

#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace holystone::simulator {

/// Checks one value against a rule; `before` is null when there was none.
using rule_check = bool (*)(const boost::json::value& self,
                            const boost::json::value* before);

/// A CEL rule with its equivalent.
struct value_rule {
  std::string text;
  std::string message;
  std::string reason;
  std::string field_path;
  rule_check holds = nullptr;
};

/// The constraints of one schema node beyond its type.
struct value_limits {
  std::vector<std::string> required;
  std::vector<boost::json::value> allowed;
  boost::json::value default_value;
  bool has_default = false;
  std::string pattern;
  std::optional<std::regex> compiled_pattern;
  std::string format;
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::optional<std::size_t> min_length;
  std::optional<std::size_t> max_length;
  std::optional<std::size_t> min_items;
  std::optional<std::size_t> max_items;
  std::optional<std::size_t> max_properties;
  std::vector<value_rule> rules;
};

/// A column that `kubectl get` prints.
struct printer_column {
  std::string name;
  std::string type;
  std::string format;
  std::string description;
  std::string path;
  int priority = 0;
};

/// What a definition says about one version.
struct custom_kind {
  schema_pool pool;
  const schema_node* schema = nullptr;
  std::vector<printer_column> columns;
};

/// Reads a CustomResourceDefinition; 422 for a broken one, 501 for what is
/// not modelled (several served versions, conversion, unknown CEL rules).
answer<kind_info> read_definition(const boost::json::value& definition);

/// Fills in names and the conditions of a definition that is now served.
void complete_definition(boost::json::value& definition, instant now);

/// Removes the fields that the schema does not know; returns their paths.
std::vector<std::string> prune_unknown(boost::json::value& object,
                                       const schema_node& schema);

/// A stored object as it is shown: without what its kind no longer knows.
boost::json::value known_part(const kind_info& kind, boost::json::value stored);

/// Sets absent fields that have a default.
void set_defaults(boost::json::value& object, const schema_node& schema);

/// Complains about everything that the schema forbids. `before` is the stored
/// object on an update (null otherwise): what did not change is let through,
/// as the real server's ratcheting does. `of_status`: only that is written.
void check_custom(const boost::json::value& object,
                  const boost::json::value* before, const schema_node& schema,
                  bool of_status, field_errors& errors);

} // namespace holystone::simulator
