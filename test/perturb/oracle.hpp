#pragma once

// What must be equal at the end of two plays of one story: all that the
// operator answers for and what it was asked, without versions, without times,
// and with UIDs read as the objects that they name (oracle O1). And how often
// each kind was written (O2). Pure functions of a cluster's contents.

#include <boost/json.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace holystone::perturb {

/// Each value of each object under its path.
using picture = std::map<std::string, std::string>;

/// How often each kind was written, by `create cronjobs`.
using write_counts = std::map<std::string, unsigned>;

/// Is it a Lease by which operators elect their leader?
bool is_operators_lease(const boost::json::value& object);

/// What there is, as far as it must be equal.
picture picture_of(const std::vector<boost::json::value>& contents);

/// What differs, a line each, at most `most`; empty when nothing does. Objects
/// of a kind in `ignored` (`Job `) may differ, and paths that contain another
/// part of it.
std::string difference(const picture& found, const picture& wanted,
                       const std::set<std::string>& ignored = {},
                       std::size_t most = 12);

/// The bytes that this process has allocated and not freed (O6); 0 where the
/// allocator does not tell, as under a sanitizer.
std::size_t heap_in_use();

/// Which kinds were written more often than `slack` more than wanted, in
/// words; empty when none was.
std::string excess(const write_counts& found, const write_counts& wanted,
                   unsigned slack);

} // namespace holystone::perturb
