#include "cli/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "cli/printable.hpp"
#include "k8s_io/fields.hpp"
#include "scheduler/repository_identity.hpp"

namespace holystone::cli {

using namespace k8s_io;
namespace json = boost::json;

namespace {

using row = std::vector<std::string>;

std::string number_at(const json::value& from, const char* key) {
  return std::to_string(integer_at(from, key).value_or(0));
}

/// As the web page has it.
std::string_view state_of(const json::value& one) {
  if (integer_at(one, "failures").value_or(0) > 0)
    return "failing";
  if (flag_at(one, "running").value_or(false))
    return "running";
  if (integer_at(one, "waiting").value_or(0) > 0)
    return "waiting";
  if (flag_at(one, "suspended").value_or(false))
    return "suspended";
  if (!text_at(one, "conflict").empty())
    return "conflict";
  return items_at(one, "nextRuns").empty() ? "idle" : "scheduled";
}

/// `s3://bucket/prefix at host`, as far as the location tells.
std::string place_of(const json::value& one) {
  auto text = text_at(one, "location");
  boost::system::error_code failed;
  auto parts = json::parse(text, failed);
  if (failed || !parts.is_object())
    return text;
  scheduler::location where;
  where.parts = texts_at(parts);
  where.backend = where.parts["backend"];
  where.parts.erase("backend");
  return scheduler::describe(where);
}

std::string schedule_of(const json::value& one) {
  auto schedule = text_at(one, "schedule");
  auto quick = text_at(one, "quickSchedule");
  if (!quick.empty())
    schedule += fmt::format("{}quick {}", schedule.empty() ? "" : ", ", quick);
  auto zone = text_at(one, "timeZone");
  return schedule.empty() || zone.empty()
             ? schedule
             : fmt::format("{} {}", schedule, zone);
}

std::string first_run(const json::value& one) {
  const auto& runs = items_at(one, "nextRuns");
  return runs.empty() || !runs.front().is_string()
             ? std::string{}
             : std::string{runs.front().get_string()};
}

/// Lines of `name: value`; those without a value are left out.
class description {
public:
  void add(std::string_view name, std::string_view value) {
    if (!value.empty())
      text_ += fmt::format("{:<13} {}\n", fmt::format("{}:", name),
                           printable(value));
  }

  void add_rows(std::string_view name, const std::vector<row>& rows) {
    if (rows.size() < 2)
      return;
    text_ += fmt::format("{}:\n", name);
    auto table = to_table(rows);
    for (std::size_t begin = 0; begin < table.size();) {
      auto end = table.find('\n', begin) + 1;
      text_ += "  " + table.substr(begin, end - begin);
      begin = end;
    }
  }

  std::string take() {
    return std::move(text_);
  }

private:
  std::string text_;
};

std::string joined_runs(const json::value& one) {
  std::vector<std::string> all;
  for (const auto& at : items_at(one, "nextRuns"))
    if (const auto* text = at.if_string())
      all.emplace_back(*text);
  return fmt::format("{}", fmt::join(all, ", "));
}

/// Who has the lock, and until when at the latest.
std::string lock_of(const json::value& shown) {
  if (!flag_at(shown, "lease", "held").value_or(false))
    return "free";
  return fmt::format("held for Job {} since {}, until {} at the latest",
                     text_at(shown, "lease", "job"),
                     text_at(shown, "lease", "acquired"),
                     text_at(shown, "lease", "until"));
}

std::vector<row> claims_of(const json::value& shown) {
  std::vector<row> rows{{"CLAIM", "WINS", "SCHEDULE", "SECRET", "STATUS"}};
  for (const auto& one : items_at(shown, "claimants"))
    rows.push_back({text_at(one, "claim"),
                    flag_at(one, "wins").value_or(false) ? "yes" : "",
                    schedule_of(one), text_at(one, "secret"),
                    text_at(one, "message")});
  return rows;
}

std::vector<row> jobs_of(const json::value& shown) {
  std::vector<row> rows{
      {"JOB", "KIND", "STATE", "CREATED", "FINISHED", "REASON"}};
  for (const auto& one : items_at(shown, "jobs"))
    rows.push_back({text_at(one, "name"), text_at(one, "kind"),
                    text_at(one, "state"), text_at(one, "created"),
                    text_at(one, "finished"), text_at(one, "reason")});
  return rows;
}

std::vector<row> troubles_of(const json::value& shown) {
  std::vector<row> rows{{"SUBJECT", "ERROR"}};
  for (const auto& one : members_at(shown, "troubles"))
    if (const auto* text = one.value().if_string())
      rows.push_back({std::string{one.key()}, std::string{*text}});
  return rows;
}

} // namespace

std::string to_table(const std::vector<row>& rows) {
  auto shown = rows;
  std::vector<std::size_t> widths;
  for (auto& one : shown) {
    widths.resize(std::max(widths.size(), one.size()));
    for (std::size_t i = 0; i < one.size(); ++i) {
      one[i] = one[i].empty() ? "-" : printable(one[i]);
      widths[i] = std::max(widths[i], one[i].size());
    }
  }
  std::string text;
  for (const auto& one : shown)
    for (std::size_t i = 0; i < one.size(); ++i)
      text += i + 1 < one.size() ? fmt::format("{:<{}}", one[i], widths[i] + 3)
                                 : fmt::format("{}\n", one[i]);
  return text;
}

std::string repositories_table(const json::value& list) {
  std::vector<row> rows{{"HASH", "STATE", "SCHEDULE", "LAST SUCCESS",
                         "NEXT RUN", "FAILED", "WAITING", "CLAIMS", "CONFLICT",
                         "WINNER", "LOCATION"}};
  for (const auto& one : items_at(list, "items"))
    rows.push_back({text_at(one, "hash"), std::string{state_of(one)},
                    schedule_of(one), text_at(one, "lastSuccess"),
                    first_run(one), number_at(one, "failures"),
                    number_at(one, "waiting"), number_at(one, "claims"),
                    text_at(one, "conflict").empty() ? "" : "yes",
                    text_at(one, "winner"), place_of(one)});
  return to_table(rows);
}

std::string repository_text(const json::value& shown) {
  description text;
  text.add("Repository", text_at(shown, "hash"));
  text.add("Location", place_of(shown));
  text.add("State", state_of(shown));
  text.add("Why", text_at(shown, "reason"));
  text.add("Winner", text_at(shown, "winner"));
  text.add("Schedule", schedule_of(shown));
  text.add("Next runs", joined_runs(shown));
  text.add("Last success", text_at(shown, "lastSuccess"));
  text.add("Failures", number_at(shown, "failures"));
  text.add("Last failure", text_at(shown, "history", "lastFailure"));
  text.add("Conflict", text_at(shown, "conflict"));
  text.add("Lock", lock_of(shown));
  text.add_rows("Claims", claims_of(shown));
  text.add_rows("Jobs", jobs_of(shown));
  text.add_rows("Not written", troubles_of(shown));
  return text.take();
}

std::string actors_table(const json::value& list) {
  std::vector<row> rows{{"ACTOR", "PARENT", "STATE", "RESTARTS", "MAILBOX"}};
  for (const auto& one : items_at(list, "actors"))
    rows.push_back({text_at(one, "name"), text_at(one, "parent"),
                    text_at(one, "state"), number_at(one, "restarts"),
                    integer_at(one, "mailbox") ? number_at(one, "mailbox")
                                               : ""});
  return to_table(rows);
}

std::string why_text(const json::value& told) {
  description text;
  text.add("Since", text_at(told, "since"));
  text.add("Repository", text_at(told, "repository"));
  text.add("Location", place_of(told));
  text.add("Last success", text_at(told, "lastSuccess"));
  text.add("Next runs", joined_runs(told));
  auto about = text.take();
  return printable(text_at(told, "why"))
         + (about.empty() ? "\n" : "\n\n" + about);
}

} // namespace holystone::cli
