#pragma once

// What `holystone doctor` finds, and how it is shown. Pure.

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace holystone::cli {

/// How bad it is.
enum class verdict { ok, warning, failed };

/// The outcome of one check.
struct finding {
  std::string check;
  verdict how = verdict::ok;
  /// What is so.
  std::string what;
  /// What to do; empty when all is well.
  std::string advice = {};
};

using findings = std::vector<finding>;

/// Did one of them fail?
bool has_failed(const findings& all);

/// `{"checks":[...],"failed":0,"warnings":1}`.
boost::json::value to_json(const findings& all);

/// The same as people read it, from the JSON.
std::string findings_text(const boost::json::value& all);

} // namespace holystone::cli
