// Who leads and what time it is: two leaders (PERTURB-8), clocks (9),
// credentials (10) and versions that alternate (18).

#include "family.hpp"

#include "k8s_io/credentials.hpp"

#include <fmt/format.h>

namespace holystone::perturb {

using namespace std::chrono_literals;

namespace {

// -- PERTURB-8 ----------------------------------------------------------------

std::vector<plan> pauses() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (std::size_t k = 1; k <= reference_of(told).all_writes.size(); ++k)
      for (auto time : {"40", "400"})
        all.push_back({"PERTURB-8",
                       told.name,
                       {{"for", time}, {"write", std::to_string(k)}}});
  return all;
}

void arrange_pause(play& on, const plan& what) {
  auto write = what.number("write");
  auto time = seconds{what.number("for")};
  on.through.on_request = [&on, write, time](process& who, const request& asked,
                                             unsigned writes) {
    passage way;
    if (!is_write(asked) || writes != write || who.options.number != 1)
      return way;
    on.fault(fmt::format("operator-1 is stopped in its write {} for {} s",
                         write, time.count()));
    on.hold(time);
    on.after(time, [&on, &who] {
      on.note("operator-1 goes on");
      who.stop(false);
    });
    way.stops = true;
    return way;
  };
}

void run_two(play& on, const plan&) {
  on.start(on.next_options);
  // The other one must not lead first.
  on.at(1s, [&on] { on.start(on.next_options); });
  on.tell_story();
}

// -- PERTURB-9 ----------------------------------------------------------------

struct clock_fault {
  const char* name;
  seconds jump{0};
  double rate = 1;
  seconds sleep{0};
};

const std::vector<clock_fault> clock_faults{
    {"plus-1h", 1h},         {"minus-1h", -1h},
    {"plus-26h", 26h},       {"plus-400d", 400 * 24h},
    {"ntp-plus-5s", 5s},     {"ntp-minus-5s", -5s},
    {"drift-fast", 0s, 1.5}, {"drift-slow", 0s, 0.667},
    {"sleep-1h", 0s, 1, 1h}, {"sleep-20s", 0s, 1, 20s}};

/// Every clock fault at each moment of a story at which something happens.
void add_clock_faults(const story& told, std::vector<plan>& to) {
  std::set<seconds> moments{told.busy};
  for (const auto& one : told.scenes)
    for (auto later : {0s, 1s, 5s})
      moments.insert(one.at + later);
  for (const auto& how : clock_faults)
    for (auto moment : moments)
      for (auto back : {"yes", "no"})
        if (how.jump != 0s || back[0] != 'n')
          to.push_back({"PERTURB-9",
                        told.name,
                        {{"at", std::to_string(moment.count())},
                         {"back", back},
                         {"how", how.name}}});
}

std::vector<plan> wrong_clocks() {
  std::vector<plan> all;
  for (const auto* some : {&all_stories(), &clock_stories()})
    for (const auto& told : *some)
      add_clock_faults(told, all);
  return all;
}

void arrange_clock(play& on, const plan& what) {
  const auto& how
      = *std::ranges::find(clock_faults, what.text("how"), &clock_fault::name);
  // A slot that is slept through is no more, and an edit while the clock is
  // ahead skips what it takes for past (A-12).
  // And one that is behind waits longer for the fork to be gone.
  auto waits_longer = how.jump <= -1h && on.told().name == "heritage";
  on.expects.other_end = how.sleep > 5min || how.jump >= 1h || waits_longer;
  if (waits_longer && what.text("back") == "no")
    on.at(on.told().length, [&on, &how] { on.hold(-how.jump); });
  // Users are told when the next run is by each of its times.
  on.expects.writes_each = 12;
  // A run may last three hours, as users have it: an hour is no reason to give
  // it up.
  if (on.expects.other_end)
    on.next_options.job_deadline = 3h;
  on.at(seconds{what.number("at")}, [&on, &how, back = what.text("back")] {
    on.fault(fmt::format("the operator's clock: {}", how.name));
    on.us().options.clock_offset += how.jump;
    on.us().set_drift(how.rate);
    if (how.sleep > 0s) {
      on.hold(how.sleep);
      on.us().sleep(true);
      on.after(how.sleep, [&on] { on.us().sleep(false); });
    }
    if (back == "yes")
      on.after(5min, [&on, &how] {
        on.note("the operator's clock is right again");
        on.us().options.clock_offset -= how.jump;
        on.us().set_drift(1);
      });
  });
}

// -- PERTURB-10 ---------------------------------------------------------------

/// A certificate as far as credentials look: PEM around a DER sequence.
std::string ca(const std::string& name) {
  return "-----BEGIN CERTIFICATE-----\n"
         + std::string{name == "1" ? "MAMCAQE=" : "MAMCAQI="}
         + "\n-----END CERTIFICATE-----\n";
}

/// The operator's files, and the API server that reads its token.
struct identity_files {
  std::string token = "token-1";
  std::string authority = ca("1");
  bool can_read = true;
  std::set<std::string> accepted{"token-1"};
  std::set<std::string> served{ca("1")};
  std::optional<k8s_io::credentials> ours{};
};

k8s_io::credentials load(identity_files& files,
                         std::chrono::steady_clock::time_point now) {
  k8s_io::credential_sources from;
  from.server = "https://cluster:443";
  from.token_file = "token";
  from.authority.path = "ca.crt";
  auto read = [&files](const std::string& path) -> result<std::string> {
    if (!files.can_read)
      return error{path + " cannot be read"};
    return path == "token" ? files.token : files.authority;
  };
  auto loaded = k8s_io::credentials::load(from, now, read);
  if (!loaded)
    throw std::runtime_error(loaded.why().message);
  return std::move(*loaded);
}

const std::vector<std::string> identity_faults{
    "rotated",     "truncated", "vanished",  "revoked",
    "ca-replaced", "ca-empty",  "ca-garbage"};

void break_identity(identity_files& files, const std::string& how) {
  files.can_read = how != "vanished";
  if (how == "rotated" || how == "revoked") {
    files.token = "token-2";
    files.accepted.insert("token-2");
  }
  if (how == "revoked")
    files.accepted.erase("token-1");
  if (how == "truncated")
    files.token = "";
  if (how == "ca-replaced") {
    files.authority = ca("1") + ca("2");
    files.served = {ca("1") + ca("2"), ca("2")};
  }
  if (how == "ca-empty")
    files.authority = "";
  if (how == "ca-garbage")
    files.authority = "garbage";
}

std::vector<plan> lost_identities() {
  std::vector<plan> all;
  for (const auto& told : all_stories()) {
    std::set<seconds> moments{told.busy};
    for (const auto& one : told.scenes)
      moments.insert(one.at);
    for (auto moment : moments)
      for (const auto& how : identity_faults)
        all.push_back({"PERTURB-10",
                       told.name,
                       {{"at", std::to_string(moment.count())}, {"how", how}}});
  }
  return all;
}

/// What becomes of a request with the credentials that there are now; a refusal
/// with 401 is repeated once with a fresh token, as transfer.cpp does (R-41).
passage authenticate(identity_files& files,
                     std::chrono::steady_clock::time_point now) {
  auto& ours = *files.ours;
  passage way;
  auto authority = ours.tls_now(now).authority;
  if (!files.served.contains(authority)) {
    way.arrives = false;
    way.told = response{0, {}, {}, "SSL certificate problem", false};
    return way;
  }
  auto is_known = [&] {
    auto token = ours.token(now).reveal();
    return files.accepted.contains(std::string{token});
  };
  if (is_known() || (ours.refused(now, now) && is_known()))
    return way;
  way.arrives = false;
  way.told = response{401,
                      R"({"kind":"Status","status":"Failure",)"
                      R"("reason":"Unauthorized","code":401})",
                      {},
                      {},
                      false};
  return way;
}

void arrange_identity(play& on, const plan& what) {
  auto files = std::make_shared<identity_files>();
  auto steady = [&on] {
    return std::chrono::steady_clock::time_point{1h + on.age()};
  };
  files->ours.emplace(load(*files, steady()));
  on.at(seconds{what.number("at")}, [&on, files, how = what.text("how")] {
    on.fault("credentials: " + how);
    break_identity(*files, how);
    on.hold(7min);
    on.after(2min, [&on, files] {
      on.note("the files are whole again");
      files->can_read = true;
      if (files->token.empty())
        files->token = "token-1";
      if (files->authority.empty() || files->authority == "garbage")
        files->authority = ca("1");
    });
  });
  on.through.on_request = [files, steady](process&, const request&, unsigned) {
    return authenticate(*files, steady());
  };
}

// -- PERTURB-18 ---------------------------------------------------------------

std::vector<plan> alternations() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (auto first : {"5", "20", "45", "60"})
      for (auto each : {"20", "60", "180"})
        all.push_back(
            {"PERTURB-18", told.name, {{"each", each}, {"first", first}}});
  return all;
}

/// Five times another version takes over, and the last is the first again.
void arrange_alternation(play& on, const plan& what) {
  auto each = seconds{what.number("each")};
  on.expects.writes_each = 12;
  // The slot is past when people go on.
  on.expects.other_end = 6 * each > 11min && on.told().busy > 10min;
  // A run's template is that of the version that was there when it was due.
  on.expects.may_differ.insert("Job ");
  on.expects.may_differ.insert("last-");
  for (int i = 0; i < 6; ++i)
    on.at(seconds{what.number("first")} + i * each, [&on, i, each] {
      if (i == 0)
        on.hold(6 * each);
      on.fault(i % 2 == 0 ? "an upgrade" : "a downgrade");
      on.next_options.image = i % 2 == 0 ? "localhost/holystone:next"
                                         : "localhost/holystone:test";
      on.us().is_dead = true;
    });
}

} // namespace

std::vector<family> leader_families() {
  return {{"PERTURB-8",
           "a leader is stopped in a write, another takes over",
           {},
           pauses,
           arrange_pause,
           run_two,
           true},
          {"PERTURB-9",
           "the operator's clock jumps, drifts, sleeps, also while clocks are "
           "set",
           {},
           wrong_clocks,
           arrange_clock,
           nullptr,
           true},
          {"PERTURB-10", "tokens and authorities are rotated, broken, lost",
           "TLS itself is curl's; test/k8s_io/transport_tls has it",
           lost_identities, arrange_identity, nullptr, true},
          {"PERTURB-18", "versions alternate",
           "no older build exists: N-1 is this build with another mover image; "
           "the fork beside us is in the story heritage",
           alternations, arrange_alternation, nullptr, true}};
}

} // namespace holystone::perturb
