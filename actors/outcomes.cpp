#include "actors/outcomes.hpp"

#include "actors/projections.hpp"
#include "k8s_io/api_status.hpp"
#include "k8s_io/fields.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace holystone::actors {

namespace {

/// Is what we removed gone? As long as something holds it the server answers
/// with the object, and then with a Status.
bool is_gone(const response& answer) {
  if (answer.status == 404)
    return true;
  boost::system::error_code failed;
  return text_at(boost::json::parse(answer.body, failed), "kind") == "Status";
}

} // namespace

outcome to_outcome(const request& what, const response& answer,
                   unsigned failures, double random) {
  auto told = judge(what, answer, failures, random);
  outcome end;
  if (told.what == advice::done) {
    end.done = true;
    if (what.what == verb::remove)
      end.is_absent = is_gone(answer);
    else if (auto seen = to_observation(what, answer.body))
      end.seen.push_back(*seen);
    return end;
  }
  end.is_final = told.what == advice::give_up;
  end.delay = end.is_final ? milliseconds{300'000} : told.delay;
  end.message = describe(what, answer);
  end.reason = parse_status(answer.body).reason;
  end.is_absent
      = told.what == advice::absent
        && (what.what == verb::merge_patch || what.what == verb::json_patch);
  return end;
}

std::optional<error> refusal_of(const request& what, const response& answer) {
  if (judge(what, answer, 0, 0.5).what != advice::give_up)
    return std::nullopt;
  object_key key{what.ns, what.name};
  auto text = fmt::format("{} {} cannot be read: {}", what.kind.kind,
                          what.ns.empty() ? what.name : to_string(key),
                          describe(what, answer));
  if (answer.status == 403)
    text += fmt::format("; let the operator's ServiceAccount get {}{}",
                        what.kind.plural,
                        what.ns.empty() ? "" : " in namespace " + what.ns);
  return error{std::move(text)};
}

outcome no_answer(std::string why) {
  outcome end;
  end.delay = milliseconds{1'000};
  end.message = std::move(why);
  return end;
}

fact_ptr to_observation(const request& what, const std::string& body) {
  auto watched = kind_of(what.kind);
  if (!watched || body.empty())
    return nullptr;
  boost::system::error_code failed;
  auto object = boost::json::parse(body, failed);
  if (failed || !object.is_object())
    return nullptr;
  // A Secret that we write is a copy, and where we write it is its place.
  return std::make_shared<const observation>(
      project(*watched, object, what.ns));
}

} // namespace holystone::actors
