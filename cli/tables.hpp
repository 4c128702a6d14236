#pragma once

// What people are shown of the inspection's JSON: tables and short texts. Pure;
// called by `holystone get` and `holystone why`.

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace holystone::cli {

/// Rows under a head line, in columns as wide as their widest cell; an empty
/// cell is a dash. Texts are made printable, here as below.
std::string to_table(const std::vector<std::vector<std::string>>& rows);

/// One row for each repository.
std::string repositories_table(const boost::json::value& list);

/// Everything about one repository.
std::string repository_text(const boost::json::value& shown);

/// One row for each actor.
std::string actors_table(const boost::json::value& list);

/// The sentence, and what it is about.
std::string why_text(const boost::json::value& told);

} // namespace holystone::cli
