#include "metrics/repository_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace holystone::metrics {

namespace {

// What a failure is called that has no better name; also the series that
// exists at zero from the start.
constexpr std::string_view common_failure = "maintenance_job_failed";

constexpr std::string_view common_type = "full";

constexpr std::string_view prefix = "volsync_kopia_";

void append_escaped(std::string& to, std::string_view value) {
  for (auto c : value) {
    if (c == '\n')
      to += "\\n";
    else if (c == '\\' || c == '"')
      (to += '\\') += c;
    else
      to += c;
  }
}

void append_label(std::string& to, std::string_view name,
                  std::string_view value) {
  ((to += name) += "=\"");
  append_escaped(to, value);
  to += '"';
}

// No label has a zero in it: all are names of Kubernetes objects.
std::string pack(const repository_labels& labels) {
  std::string packed;
  packed.reserve(labels.repository_hash.size() + labels.obj_name.size()
                 + labels.obj_namespace.size() + labels.repository.size() + 4);
  for (const auto* one : {&labels.repository_hash, &labels.obj_name,
                          &labels.obj_namespace, &labels.repository})
    packed.append(*one).push_back('\0');
  return packed;
}

repository_labels unpack(std::string_view packed) {
  repository_labels labels;
  for (auto* one : {&labels.repository_hash, &labels.obj_name,
                    &labels.obj_namespace, &labels.repository}) {
    auto length = packed.find('\0');
    *one = packed.substr(0, length);
    packed.remove_prefix(length + 1);
  }
  return labels;
}

// As each series of a repository has them, in alphabetical order.
std::string text_of(const repository_labels& labels) {
  std::string text;
  append_label(text, "obj_name", labels.obj_name);
  append_label(text, ",obj_namespace", labels.obj_namespace);
  append_label(text, ",operation", "maintenance");
  append_label(text, ",repository", labels.repository);
  append_label(text, ",repository_hash", labels.repository_hash);
  append_label(text, ",role", "source");
  return text;
}

bool is_of(std::string_view packed, std::string_view hash) {
  return packed.starts_with(hash) && packed[hash.size()] == '\0';
}

std::string text_of(double number) {
  if (number == std::numeric_limits<double>::infinity())
    return "+Inf";
  return fmt::format("{}", number);
}

// The lines of one repository in one family.
class lines {
public:
  lines(std::string& to, std::string_view family, std::string_view labels)
      : to_(to), family_(family), labels_(labels) {
    // nop
  }

  void add(double value, std::string_view ending = {},
           std::string_view first = {}, std::string_view last = {}) {
    fmt::format_to(std::back_inserter(to_), "{}{}{}{{{}{}{}}} {}\n", prefix,
                   family_, ending, first, labels_, last, text_of(value));
  }

  void add_if(std::int64_t value) {
    if (value != repository_sample::unknown)
      add(static_cast<double>(value));
  }

  // `common` stands there before anything was counted.
  void
  add_all(std::string_view extra, std::string_view common,
          const std::map<std::string, std::uint64_t, std::less<>>& values) {
    if (!values.contains(common))
      add_with(extra, common, 0);
    for (const auto& [text, value] : values)
      add_with(extra, text, value);
  }

private:
  void add_with(std::string_view extra, std::string_view text,
                std::uint64_t value) {
    std::string first;
    append_label(first, extra, text);
    first += ',';
    add(static_cast<double>(value), {}, first);
  }

  std::string& to_;
  std::string_view family_;
  std::string_view labels_;
};

} // namespace

struct repository_series::family {
  std::string_view name;
  std::string_view help;
  std::string_view type;
  void (*fill)(lines& to, const record& from);

  std::string head() const {
    return fmt::format("# HELP {0}{1} {2}\n# TYPE {0}{1} {3}\n", prefix, name,
                       help, type);
  }
};

const std::span<const repository_series::family> repository_series::families =
    [] {
      using in = const record&;
      static const family all[]{
          {"maintenance_cronjob_created_total", "CronJobs made", "counter",
           [](lines& to, in from) {
             to.add(static_cast<double>(from.cron_job[0]));
           }},
          {"maintenance_cronjob_updated_total", "CronJobs changed", "counter",
           [](lines& to, in from) {
             to.add(static_cast<double>(from.cron_job[1]));
           }},
          {"maintenance_cronjob_deleted_total", "CronJobs deleted", "counter",
           [](lines& to, in from) {
             to.add(static_cast<double>(from.cron_job[2]));
           }},
          {"maintenance_cronjob_failures_total", "Failed runs", "counter",
           [](lines& to, in from) {
             to.add_all("failure_reason", common_failure,
                        from.counts().failures);
           }},
          {"maintenance_operations_total",
           "Successful runs; maintenance_type is full or quick", "counter",
           [](lines& to, in from) {
             to.add_all("maintenance_type", common_type,
                        from.counts().operations);
           }},
          {"maintenance_duration_seconds", "How long successful runs took",
           "histogram",
           [](lines& to, in from) {
             const auto& of = from.counts();
             std::uint64_t count = 0;
             for (auto one : of.durations)
               count += one;
             to.add(static_cast<double>(count), "_count");
             to.add(of.total, "_sum");
             count = 0;
             for (std::size_t i = 0; i < of.durations.size(); ++i) {
               count += of.durations[i];
               auto bound = i < bounds.size()
                                ? bounds[i]
                                : std::numeric_limits<double>::infinity();
               to.add(static_cast<double>(count), "_bucket", {},
                      fmt::format(",le=\"{}\"", text_of(bound)));
             }
           }},
          {"maintenance_last_run_timestamp_seconds",
           "When the last full run succeeded", "gauge",
           [](lines& to, in from) {
             to.add_if(from.now.last_success);
           }},
          {"maintenance_next_run_timestamp_seconds",
           "When the schedule is due next", "gauge",
           [](lines& to, in from) {
             to.add_if(from.now.next_run);
           }},
          {"maintenance_expected_interval_seconds",
           "Longest time between two runs, as far as the next eight and "
           "maintenanceIntervalDays tell",
           "gauge",
           [](lines& to, in from) {
             if (from.now.interval > 0)
               to.add(from.now.interval);
           }},
          {"maintenance_queue_length", "Jobs that wait for admission", "gauge",
           [](lines& to, in from) {
             to.add(from.now.queued);
           }},
          {"maintenance_running", "1 while a run holds the repository's Lease",
           "gauge",
           [](lines& to, in from) {
             to.add(from.now.running ? 1 : 0);
           }},
          {"maintenance_consecutive_failures",
           "Full runs that failed since the last success", "gauge",
           [](lines& to, in from) {
             to.add(from.now.failures);
           }},
          {"maintenance_schedule_conflicts",
           "Claims whose schedule was rejected", "gauge",
           [](lines& to, in from) {
             to.add(from.now.conflicts);
           }},
          {"repository_size_bytes",
           "Size of all blobs, as the last run found it", "gauge",
           [](lines& to, in from) {
             to.add_if(from.now.bytes);
           }},
          {"repository_objects_total", "Contents, as the last run found them",
           "gauge",
           [](lines& to, in from) {
             to.add_if(from.now.contents);
           }},
          {"repository_index_blobs",
           "Index blobs, as the last run found them; maintenance merges them",
           "gauge", [](lines& to, in from) {
             to.add_if(from.now.index_blobs);
           }}};
      return std::span<const family>{all};
    }();

repository_series::group& repository_series::group_of(std::string_view hash) {
  // Four hexadecimal digits in one: about eighty groups, in the hashes' order.
  std::string name{hash.substr(0, 2)};
  if (name.size() == 2)
    name[1] = static_cast<char>(name[1] & ~3);
  return groups_[name];
}

repository_series::record&
repository_series::change(const repository_labels& labels) {
  auto& all = group_of(labels.repository_hash);
  all.is_stale = true;
  auto& mine = all.records[pack(labels)];
  mine.doomed = false;
  return mine;
}

const repository_series::runs& repository_series::record::counts() const {
  static const runs none;
  return counted ? *counted : none;
}

repository_series::runs& repository_series::record::count() {
  if (!counted)
    counted = std::make_unique<runs>();
  return *counted;
}

void repository_series::doom(group& of, std::string_view hash,
                             std::string_view but) {
  for (auto i = of.records.lower_bound(hash);
       i != of.records.end() && is_of(i->first, hash); ++i)
    if (!i->second.doomed && i->first != but)
      i->second.doomed = of.is_stale = true;
}

void repository_series::show(const repository_labels& labels,
                             const repository_sample& now) {
  std::lock_guard guard{mutex_};
  auto& all = group_of(labels.repository_hash);
  auto packed = pack(labels);
  doom(all, labels.repository_hash, packed);
  auto known = all.records.find(packed);
  if (known == all.records.end() || known->second.doomed
      || known->second.now != now)
    change(labels).now = now;
}

const repository_series::shown* repository_series::find(std::string_view hash) {
  const auto& all = group_of(hash).records;
  for (auto i = all.lower_bound(hash); i != all.end() && is_of(i->first, hash);
       ++i)
    if (!i->second.doomed)
      return &*i;
  return nullptr;
}

std::optional<repository_labels>
repository_series::labels_of(std::string_view hash) {
  std::lock_guard guard{mutex_};
  const auto* found = find(hash);
  return found ? std::optional{unpack(found->first)} : std::nullopt;
}

std::optional<repository_sample>
repository_series::sample_of(std::string_view hash) {
  std::lock_guard guard{mutex_};
  const auto* found = find(hash);
  return found ? std::optional{found->second.now} : std::nullopt;
}

void repository_series::forget(std::string_view hash) {
  std::lock_guard guard{mutex_};
  doom(group_of(hash), hash, {});
}

void repository_series::forget_all() {
  std::lock_guard guard{mutex_};
  for (auto& [name, all] : groups_)
    for (auto& [labels, mine] : all.records)
      mine.doomed = all.is_stale = true;
}

void repository_series::count(const repository_labels& labels,
                              cron_job_change what) {
  std::lock_guard guard{mutex_};
  ++change(labels).cron_job[static_cast<std::size_t>(what)];
}

void repository_series::succeeded(const repository_labels& labels,
                                  std::string_view type, double took) {
  std::lock_guard guard{mutex_};
  auto& mine = change(labels).count();
  ++mine.operations[std::string{type}];
  auto bound = std::ranges::lower_bound(bounds, took) - bounds.begin();
  ++mine.durations[static_cast<std::size_t>(bound)];
  mine.total += took;
}

void repository_series::failed(const repository_labels& labels,
                               std::string_view reason) {
  std::lock_guard guard{mutex_};
  ++change(labels)
        .count()
        .failures[std::string{reason.empty() ? common_failure : reason}];
}

// The lines of each family.
std::vector<std::string> repository_series::draft(const group& of) {
  std::vector<std::string> texts(families.size());
  for (const auto& [labels, mine] : of.records) {
    auto label_text = text_of(unpack(labels));
    for (std::size_t i = 0; i < families.size(); ++i) {
      lines to{texts[i], families[i].name, label_text};
      families[i].fill(to, mine);
    }
  }
  return texts;
}

// What was forgotten was shown.
void repository_series::sweep(group& of) {
  if (std::erase_if(of.records,
                    [](const auto& entry) { return entry.second.doomed; })
      > 0)
    of.is_stale = true;
}

// Nobody waits while texts are compressed.
void repository_series::refresh(group& of, text_packer& packer) {
  std::unique_lock lock{mutex_};
  if (!of.is_stale)
    return;
  auto texts = draft(of);
  of.is_stale = false;
  sweep(of);
  lock.unlock();
  std::vector<packed_text> packed;
  for (const auto& text : texts)
    packed.push_back(packer.pack(text));
  of.packed = std::move(packed);
}

void repository_series::expose_packed(answer_text& to) {
  std::vector<group*> all;
  {
    std::lock_guard guard{mutex_};
    for (auto& [name, one] : groups_)
      all.push_back(&one);
  }
  text_packer packer;
  for (auto* one : all)
    refresh(*one, packer);
  for (std::size_t i = 0; i < families.size(); ++i) {
    auto has_head = false;
    for (const auto* one : all)
      if (one->packed[i].size > 0) {
        if (!std::exchange(has_head, true))
          to.put(families[i].head());
        to.put(one->packed[i]);
      }
  }
}

void repository_series::expose_plain(answer_text& to) {
  std::lock_guard guard{mutex_};
  for (const auto& one : families) {
    // A family without series has no head either.
    auto head = one.head();
    for (const auto& [name, all] : groups_)
      for (const auto& [labels, mine] : all.records) {
        std::string text;
        auto label_text = text_of(unpack(labels));
        lines lines_of_one{text, one.name, label_text};
        one.fill(lines_of_one, mine);
        if (!text.empty())
          to.put(std::exchange(head, {}) + text);
      }
  }
  for (auto& [name, all] : groups_)
    sweep(all);
}

void repository_series::expose(answer_text& to) {
  std::lock_guard one_at_a_time{scrape_};
  if (to.is_compressed())
    expose_packed(to);
  else
    expose_plain(to);
}

} // namespace holystone::metrics
