#include "k8s_io/status_requests.hpp"

#include "an_intent.hpp"
#include "k8s_io/claimants.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

TEST_CASE("a status says what the condition says and reads back the same") {
  write_status what;
  what.who = {claim_kind::replication_source, {"app", "data"}};
  what.uid = {"u"};
  what.since = now;
  auto& status = what.status;
  status.last_maintenance = now - seconds{60};
  status.next_maintenance = now + seconds{60};
  status.failures = 3;
  status.cron_job = "kopia-maintenance-0123456789abcdef";
  status.observed_generation = 4;
  status.ready = true;
  status.reason = "Scheduled";
  status.message = "fine";
  auto call = tell_status(what);
  CHECK(call.what == verb::apply);
  CHECK(call.subresource == "status");
  CHECK(text_at(body_of(call), "metadata", "uid") == "u");
  auto source = read_replication_source(body_of(call));
  CHECK(source.status == status);
  CHECK(source.since == now);
  // A field that is left out of an apply is given up.
  status.next_maintenance.reset();
  CHECK_FALSE(find(body_of(tell_status(what)), "status", "kopia",
                   "nextScheduledMaintenance"));
}

TEST_CASE("the status of a KopiaMaintenance goes to no other of its name") {
  write_status what;
  what.who = {claim_kind::kopia_maintenance, {"app", "daily"}};
  what.uid = {"u"};
  what.since = now;
  what.status.reason = "MaintenanceActive";
  what.status.ready = true;
  auto call = tell_status(what);
  CHECK(call.what == verb::json_patch);
  CHECK(call.subresource == "status");
  auto steps = json::parse(call.body.text()).as_array();
  REQUIRE(steps.size() == 2);
  CHECK(text_at(steps[0], "op") == "test");
  CHECK(text_at(steps[0], "path") == "/metadata/uid");
  CHECK(text_at(steps[0], "value") == "u");
  CHECK(text_at(steps[1], "path") == "/status");
  // What there is nothing to say of is not there.
  CHECK_FALSE(find(steps[1], "value", "lastManualResult"));
  CHECK_FALSE(find(steps[1], "value", "nextScheduledMaintenance"));
}

TEST_CASE("an Event names the object by UID and fits the API's limits") {
  event_note note;
  note.regarding = claim_key{claim_kind::replication_source,
                             {"app", std::string(253, 'n')}};
  note.uid = {"u"};
  note.warning = true;
  note.reason = "ScheduleConflict";
  note.message = std::string(5000, 'm');
  auto call = post_event(note, "me", now, 1);
  auto body = body_of(call);
  CHECK(text_at(body, "involvedObject", "uid") == "u");
  CHECK(text_at(body, "type") == "Warning");
  CHECK(text_at(body, "message").size() == 1024);
  CHECK(call.name.size() <= 253);
  CHECK(call.ns == "app");
  CHECK(post_event(note, "me", now, 2).name != call.name);
}

TEST_CASE("an Event on a Job names the Job") {
  event_note note;
  note.regarding = object_key{"volsync-system", "by-hand"};
  note.uid = {"j"};
  auto call = post_event(note, "me", now, 1);
  auto body = body_of(call);
  CHECK(call.ns == "volsync-system");
  CHECK(text_at(body, "involvedObject", "apiVersion") == "batch/v1");
  CHECK(text_at(body, "involvedObject", "kind") == "Job");
  CHECK(text_at(body, "involvedObject", "name") == "by-hand");
  CHECK(text_at(body, "type") == "Normal");
}
