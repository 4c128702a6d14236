#include "cli/cron_batch.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "scheduler/cron.hpp"

namespace holystone::cli {

namespace {

namespace json = boost::json;

constexpr std::string_view shape
    = R"(write {"spec":"0 2 * * *","tz":"UTC","from":"2026-11-21T00:00:00Z",)"
      R"("count":1})";

std::string text_of(const json::value& value) {
  return std::string{value.as_string()};
}

// Takes one member into the question; an empty string is success.
std::string take_member(const json::key_value_pair& member,
                        cron_question& question) {
  auto& value = member.value();
  auto key = std::string_view{member.key().data(), member.key().size()};
  if (key == "count") {
    if (!value.is_int64() || value.get_int64() < 1
        || value.get_int64() > most_runs)
      return fmt::format("count must be a number from 1 to {}", most_runs);
    question.count = static_cast<int>(value.get_int64());
    return {};
  }
  auto known = key == "spec" || key == "tz" || key == "from" || key == "hash";
  if (!known)
    return fmt::format("unknown member \"{}\"; {}", key.substr(0, 60), shape);
  // A null stands for an absent member, as many serializers write it.
  if (value.is_null() && key != "spec")
    return {};
  if (!value.is_string())
    return fmt::format("{} must be a string", key);
  if (key == "spec")
    question.spec = text_of(value);
  if (key == "tz")
    question.zone = text_of(value);
  if (key == "hash")
    question.hash = text_of(value);
  if (key == "from") {
    auto from = parse_rfc3339(text_of(value));
    if (!from)
      return "from must be an RFC 3339 time such as 2026-11-21T00:00:00Z";
    question.from = *from;
  }
  return {};
}

result<cron_question> parse_question(std::string_view line, instant now) {
  boost::system::error_code failure;
  auto value
      = json::parse(json::string_view{line.data(), line.size()}, failure);
  if (failure || !value.is_object())
    return error{fmt::format("the line is no JSON object; {}", shape)};
  cron_question question;
  question.from = now;
  auto& object = value.get_object();
  if (!object.contains("spec"))
    return error{fmt::format("spec is missing; {}", shape)};
  for (auto& member : object)
    if (auto why = take_member(member, question); !why.empty())
      return error{why};
  return question;
}

} // namespace

result<std::vector<instant>> answer(const cron_question& question) {
  auto spec = scheduler::resolve_hashed(question.spec, question.hash);
  if (!spec)
    return spec.why();
  auto schedule = scheduler::parse_cron(*spec);
  if (!schedule)
    return schedule.why();
  auto zone = question.zone.empty()
                  ? result<scheduler::time_zone>{scheduler::time_zone{}}
                  : scheduler::find_zone(question.zone);
  if (!zone)
    return zone.why();
  if (schedule->zone && !question.zone.empty())
    return error{"the schedule has a time zone of its own; give no other"};
  std::vector<instant> next;
  auto at = question.from;
  while (next.size() < static_cast<std::size_t>(question.count)) {
    auto found = next_run(*schedule, *zone, at);
    if (!found)
      break;
    next.push_back(at = *found);
  }
  return next;
}

std::string answer_line(std::string_view line, instant now) {
  auto question = parse_question(line, now);
  if (!question)
    return json::serialize(json::object{{"error", question.why().message}});
  auto next = answer(*question);
  if (!next)
    return json::serialize(json::object{{"error", next.why().message}});
  if (next->empty())
    return R"({"never":true})";
  json::array times;
  for (auto at : *next)
    times.emplace_back(to_rfc3339(at));
  return json::serialize(json::object{{"next", std::move(times)}});
}

void answer_lines(std::istream& in, std::ostream& out, instant now) {
  for (std::string line; std::getline(in, line);)
    out << answer_line(line, now) << '\n' << std::flush;
}

} // namespace holystone::cli
