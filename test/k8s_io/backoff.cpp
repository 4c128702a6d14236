#include "k8s_io/backoff.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
using namespace std::chrono_literals;

namespace {

request write(verb what) {
  request out;
  out.what = what;
  out.kind = resources::jobs;
  return out;
}

response answer(int status, std::string body = {},
                std::optional<seconds> retry_after = {}) {
  response out;
  out.status = status;
  out.body = std::move(body);
  out.retry_after = retry_after;
  return out;
}

std::string status_text(const std::string& reason,
                        const std::string& field = "x") {
  return R"({"kind":"Status","code":409,"reason":")" + reason
         + R"(","details":{"causes":[{"field":")" + field + R"("}]}})";
}

response absence(const std::string& name = "x") {
  return answer(404, R"({"kind":"Status","code":404,"reason":"NotFound",)"
                     R"("details":{"name":")"
                         + name + R"(","kind":"jobs"}})");
}

constexpr auto start = steady_time{} + 1h;

} // namespace

TEST_CASE("R-03: delays start at 800 ms, double and end at 30 s") {
  CHECK(delay_after(1, watch_backoff, 0) == 800ms);
  CHECK(delay_after(2, watch_backoff, 0) == 1600ms);
  CHECK(delay_after(6, watch_backoff, 0) == 25'600ms);
  CHECK(delay_after(7, watch_backoff, 0) == 30s);
  CHECK(delay_after(4'000'000'000u, watch_backoff, 0) == 30s);
  // Jitter 1.0: up to twice as long.
  CHECK(delay_after(7, watch_backoff, 0.999) > 59s);
  CHECK(delay_after(7, watch_backoff, 0.999) < 60s);
}

TEST_CASE("R-03: two minutes of health reset the delay") {
  backoff_counter counter;
  auto now = start;
  for (auto i = 0; i < 5; ++i)
    now += counter.fail(now, watch_backoff, {}, 0);
  CHECK(counter.failures() == 5);
  now += 119s;
  CHECK(counter.fail(now, watch_backoff, {}, 0) == 25'600ms);
  now += 25'600ms + 120s;
  CHECK(counter.fail(now, watch_backoff, {}, 0) == 800ms);
  CHECK(counter.failures() == 1);
}

TEST_CASE("R-03: an unhealthy server sees less than 0.22 requests a second") {
  backoff_counter counter;
  auto now = start;
  auto requests = 0;
  for (; now < start + 1h; ++requests)
    now += counter.fail(now, watch_backoff, {}, 0.0); // the worst jitter
  CHECK(requests / 3600.0 < 0.22);
}

TEST_CASE("R-22: 429 is repeated after the server's delay, not before") {
  auto asked = judge(write(verb::apply), answer(429, "", 32s), 1, 0);
  CHECK(asked.what == advice::repeat);
  CHECK(asked.delay == 32s);
  // Without a wish of the server our own delay grows to the same 32 s.
  CHECK(judge(write(verb::apply), answer(429), 1, 0).delay == 500ms);
  CHECK(judge(write(verb::apply), answer(429), 20, 0).delay == 32s);
}

TEST_CASE("R-23: Retry-After is heeded with jitter on top and a bound") {
  CHECK(heeded(5s, 0) == 5s);
  CHECK(heeded(5s, 0.5) == 6'250ms);
  CHECK(heeded(-3s, 0.5) == 0s);
  CHECK(heeded(seconds::max(), 0) == 64s);
  for (auto status : {429, 500, 503, 504})
    CHECK(judge(write(verb::apply), answer(status, "", 20s), 1, 0).delay
          == 20s);
  // It never shortens our own delay.
  CHECK(judge(write(verb::apply), answer(503, "", 1s), 20, 0).delay == 32s);
}

TEST_CASE("R-27: a conflict is decided anew five times quickly, then slowly") {
  auto lost = answer(409, status_text("Conflict"));
  auto previous = 0ms;
  for (unsigned failures = 1; failures <= 5; ++failures) {
    auto what = judge(write(verb::merge_patch), lost, failures, 0);
    CHECK(what.what == advice::decide_anew);
    CHECK(what.delay == 10ms * (1 << (failures - 1)));
    CHECK(what.delay > previous);
    previous = what.delay;
  }
  auto slow = judge(write(verb::merge_patch), lost, 6, 0);
  CHECK(slow.what == advice::decide_anew);
  CHECK(slow.delay == 500ms);
}

TEST_CASE("R-28: a create that meets a name asks whose it is") {
  auto met = answer(409, status_text("AlreadyExists"));
  CHECK(judge(write(verb::create), met, 1, 0).what == advice::check_owner);
  // A create in a namespace that is being deleted is another thing: 403.
  CHECK(judge(write(verb::create), answer(403), 1, 0).what == advice::give_up);
  CHECK(judge(write(verb::apply), met, 1, 0).what == advice::decide_anew);
}

TEST_CASE("R-29: a write without an answer is sent again") {
  for (auto what : {verb::create, verb::apply, verb::merge_patch, verb::remove})
    CHECK(judge(write(what), answer(0), 1, 0).what == advice::repeat);
  CHECK(judge(write(verb::create), answer(504), 1, 0).what == advice::repeat);
}

TEST_CASE("R-39: a lost precondition of a delete is decided anew") {
  CHECK(judge(write(verb::remove), answer(409, status_text("Conflict")), 1, 0)
            .what
        == advice::decide_anew);
  CHECK(judge(write(verb::remove), absence(), 1, 0).what == advice::done);
}

TEST_CASE("A-7: a refused UID in a patch is a lost precondition") {
  CHECK(judge(write(verb::merge_patch),
              answer(422, status_text("Invalid", "metadata.uid")), 1, 0)
            .what
        == advice::decide_anew);
  CHECK(judge(write(verb::merge_patch),
              answer(422, status_text("Invalid", "spec.schedule")), 1, 0)
            .what
        == advice::give_up);
  CHECK(judge(write(verb::merge_patch), absence(), 1, 0).what
        == advice::absent);
}

TEST_CASE("a refusal for good is not repeated") {
  for (auto status : {400, 403, 405, 413, 415, 422})
    CHECK(judge(write(verb::apply), answer(status), 1, 0).what
          == advice::give_up);
  CHECK(judge(write(verb::apply), answer(201), 1, 0).what == advice::done);
}

TEST_CASE("an answer that is not the API server's is no answer") {
  const auto page = "<html>It works!</html>";
  for (auto what : {verb::create, verb::apply, verb::merge_patch, verb::remove})
    for (const auto& told :
         {answer(200, page), answer(404, page), answer(404),
          // The group is not served yet.
          answer(404, R"({"kind":"Status","code":404,"reason":"NotFound",)"
                      R"("message":"the server could not find the requested )"
                      R"(resource","details":{}})")})
      CHECK(judge(write(what), told, 1, 0).what == advice::repeat);
}

TEST_CASE("the failed test of a JSON patch is decided anew") {
  auto failed = answer(422, R"({"kind":"Status","code":422,"reason":"Invalid",)"
                            R"("details":{}})");
  CHECK(judge(write(verb::json_patch), failed, 1, 0).what
        == advice::decide_anew);
  CHECK(judge(write(verb::merge_patch), failed, 1, 0).what == advice::give_up);
  CHECK(judge(write(verb::json_patch),
              answer(422, status_text("Invalid", "status.conditions")), 1, 0)
            .what
        == advice::give_up);
}
