#include "k8s_io/backoff.hpp"

#include "k8s_io/api_status.hpp"

#include <algorithm>

namespace holystone::k8s_io {

namespace {

milliseconds stretched(milliseconds plain, double jitter, double random) {
  auto extra = static_cast<double>(plain.count()) * jitter * random;
  return plain + milliseconds{static_cast<milliseconds::rep>(extra)};
}

verdict wait_and(advice what, const response& answer, unsigned failures,
                 double random) {
  auto delay = delay_after(failures, write_backoff, random);
  if (answer.retry_after)
    delay = std::max(delay, heeded(*answer.retry_after, random));
  return {what, delay};
}

verdict judge_conflict(const request& what, const response& answer,
                       unsigned failures, double random) {
  if (what.what == verb::create
      && parse_status(answer.body).reason == "AlreadyExists")
    return {advice::check_owner};
  if (failures <= quick_conflicts)
    return {advice::decide_anew,
            delay_after(failures, conflict_backoff, random)};
  return wait_and(advice::decide_anew, answer, failures - quick_conflicts,
                  random);
}

// A server's answers are objects; a page is a proxy's, which says 200 as well.
bool is_foreign(const response& answer) {
  return !answer.body.empty() && answer.body.front() != '{';
}

// A UID in a patch that is not the object's is refused as an invalid change of
// an immutable field.
// So is the failed test of a JSON patch, as one that names no field.
bool is_lost_precondition(const request& what, const response& answer) {
  auto fields = parse_status(answer.body).fields;
  if (what.what == verb::json_patch && fields.empty())
    return true;
  return std::find(fields.begin(), fields.end(), "metadata.uid")
         != fields.end();
}

} // namespace

milliseconds delay_after(unsigned failures, const backoff_policy& policy,
                         double random) {
  auto plain = policy.start;
  for (auto n = failures; n > 1 && plain < policy.cap; --n)
    plain *= 2;
  return stretched(std::min(plain, policy.cap), policy.jitter, random);
}

milliseconds heeded(seconds retry_after, double random) {
  // Compared as seconds first: a huge number would overflow as milliseconds.
  auto longest = std::chrono::duration_cast<seconds>(longest_retry_after);
  auto asked = std::clamp(retry_after, seconds{0}, longest);
  return stretched(asked, 0.5, random);
}

milliseconds backoff_counter::fail(steady_time now,
                                   const backoff_policy& policy,
                                   std::optional<seconds> retry_after,
                                   double random) {
  if (healthy_since_ && now - *healthy_since_ >= policy.reset_after)
    failures_ = 0;
  auto delay = delay_after(++failures_, policy, random);
  if (retry_after)
    delay = std::max(delay, heeded(*retry_after, random));
  healthy_since_ = now + delay;
  return delay;
}

verdict judge(const request& what, const response& answer, unsigned failures,
              double random) {
  if (answer.ok()) {
    if (is_foreign(answer))
      return wait_and(advice::repeat, answer, failures, random);
    return {advice::done};
  }
  switch (answer.status) {
    case 404:
      // While a group is not served yet, the server lacks the whole path and
      // names no object; and a proxy's page names none.
      if (parse_status(answer.body).name.empty())
        return wait_and(advice::repeat, answer, failures, random);
      return {what.what == verb::remove ? advice::done : advice::absent};
    case 409:
      return judge_conflict(what, answer, failures, random);
    case 410:
      return {advice::absent};
    case 422:
      if (is_lost_precondition(what, answer))
        return judge_conflict(what, answer, failures, random);
      return {advice::give_up};
    case 0:
    case 401: // the transport has tried a fresh token already
    case 408:
    case 429:
      return wait_and(advice::repeat, answer, failures, random);
    default:
      if (answer.status >= 500)
        return wait_and(advice::repeat, answer, failures, random);
      return {advice::give_up};
  }
}

} // namespace holystone::k8s_io
