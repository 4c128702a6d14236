// The API server, or what is in between, answers a write with something else:
// conflicts, refusals, overload, silence (PERTURB-6).

#include "family.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::perturb {

namespace {

/// One way in which a write is answered.
struct answer_kind {
  std::string name;
  int status = 0;
  std::string reason;
  std::optional<seconds> retry_after{};
  /// Does the server do it all the same?
  bool arrives = false;
  /// How late the failure is noticed.
  seconds late{0};
};

const std::vector<answer_kind>& answer_kinds() {
  static const std::vector<answer_kind> all{
      {"conflict", 409, "Conflict"},
      {"exists", 409, "AlreadyExists"},
      // The group is not served yet; an object that is really gone is a matter
      // of PERTURB-13.
      {"absent", 404, "NotFound"},
      {"page", 404, "<html>404 page not found</html>"},
      {"invalid", 422, "Invalid"},
      {"forbidden", 403, "Forbidden"},
      {"busy-1", 429, "TooManyRequests", seconds{1}},
      {"busy-5", 429, "TooManyRequests", seconds{5}},
      {"busy-32", 429, "TooManyRequests", seconds{32}},
      // A date is no number of seconds: the transport takes it as absent.
      {"busy", 429, "TooManyRequests"},
      {"busy-huge", 429, "TooManyRequests", seconds{86'400 * 365}},
      {"broken", 500, "InternalError"},
      {"unavailable", 503, "ServiceUnavailable"},
      {"gateway", 504, "Timeout"},
      {"late-done", 0, "Timeout was reached", {}, true, seconds{65}},
      {"late-lost", 0, "Timeout was reached", {}, false, seconds{65}},
      {"slow", 0, "", {}, true, seconds{20}},
      {"reset-done", 0, "Connection reset by peer", {}, true},
      {"reset-lost", 0, "Connection reset by peer"},
      {"tls", 0, "SSL connect error"},
      {"proxy", 200, "<html>it works</html>"},
  };
  return all;
}

const answer_kind& kind_of(const std::string& name) {
  return *std::ranges::find(answer_kinds(), name, &answer_kind::name);
}

response as_response(const answer_kind& how) {
  response told;
  if (how.status == 0) {
    told.failure = how.reason;
    return told;
  }
  told.status = how.status;
  told.retry_after = how.retry_after;
  told.body = how.reason.starts_with("<")
                  ? how.reason
                  : fmt::format(R"({{"kind":"Status","apiVersion":"v1",)"
                                R"("status":"Failure","reason":"{}",)"
                                R"("message":"made up","code":{}}})",
                                how.reason, how.status);
  return told;
}

std::vector<plan> wrong_answers() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (std::size_t k = 1; k <= reference_of(told).all_writes.size(); ++k)
      for (const auto& how : answer_kinds())
        for (auto times : {"1", "3"}) {
          // What lasts is asked of the common ones only.
          if (times[0] == '3' && how.name != "conflict"
              && how.name != "unavailable")
            continue;
          all.push_back({"PERTURB-6",
                         told.name,
                         {{"answer", how.name},
                          {"times", times},
                          {"write", std::to_string(k)}}});
        }
  return all;
}

void arrange_answer(play& on, const plan& what) {
  const auto& how = kind_of(what.text("answer"));
  auto first = what.number("write");
  auto times = what.number("times");
  auto done = std::make_shared<unsigned>(0);
  on.through.on_request = [&on, &how, first, times, done](
                              process&, const request& asked, unsigned writes) {
    if (!is_write(asked) || writes < first || *done >= times)
      return passage{};
    // A refusal for good is looked at again after five minutes.
    if (++*done == 1)
      on.hold(seconds{330});
    on.fault(fmt::format("write {}, {} {}/{}, is answered: {}", writes,
                         words_of(asked), asked.ns, asked.name, how.name));
    passage way;
    way.arrives = how.arrives;
    way.late = how.late;
    if (how.name != "slow")
      way.told = as_response(how);
    return way;
  };
}

} // namespace

std::vector<family> answer_families() {
  return {{"PERTURB-6",
           "a write is answered with something else",
           {},
           wrong_answers,
           arrange_answer}};
}

} // namespace holystone::perturb
