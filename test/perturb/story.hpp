#pragma once

// What people do on a cluster while plans go wrong: objects in, edits, a run
// due, objects out. A story is a list of scenes at fixed seconds; the same
// story is played with and without faults, and must end the same. It knows no
// operator and no fault.

#include "cluster.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::perturb {

/// One thing that people do.
struct scene {
  seconds at;
  std::function<void(cluster&)> act;
};

/// All that happens on one cluster.
struct story {
  std::string name;
  /// What it is about, in one line.
  std::string about;
  std::vector<scene> scenes;
  /// After this time everything has been done.
  seconds length;
  /// When a run is under way.
  seconds busy;
  /// What follows from nothing that people want, such as which of two Jobs is
  /// first.
  std::set<std::string> may_differ = {};
  /// When it begins, where that matters.
  std::optional<instant> begins = {};
};

/// All stories; the smallest first.
const std::vector<story>& all_stories();

/// Stories of nights in which a zone's clocks are set.
const std::vector<story>& clock_stories();

/// The story in which nothing happens; families that tell their own use it.
const story& empty_story();

/// The story of a name; null when there is none.
const story* find_story(std::string_view name);

/// Where the objects of the stories are.
place source_of(const std::string& ns);
place maintenance_of(const std::string& name);
place secret_of(const std::string& ns);

} // namespace holystone::perturb
