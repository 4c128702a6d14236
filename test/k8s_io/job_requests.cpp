#include "k8s_io/job_requests.hpp"

#include "an_intent.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

TEST_CASE("A-1, A-6, A-10: the resume carries UID, version, ticket, policy and "
          "labels") {
  auto what = resume(a_job(), "fedcba9876543210", {{now, now + seconds{60}}});
  CHECK(what.what == verb::merge_patch);
  auto body = body_of(what);
  CHECK(text_at(body, "metadata", "uid") == "job-uid");
  CHECK(text_at(body, "metadata", "resourceVersion") == "41");
  CHECK(flag_at(body, "spec", "suspend") == false);
  CHECK(text_at(body, "spec", "podReplacementPolicy") == "Failed");
  CHECK(text_at(body, "spec", "template", "metadata", "annotations",
                names::admitted)
        == "job-uid");
  CHECK(text_at(body, "spec", "template", "metadata", "labels",
                names::location_hash)
        == "fedcba9876543210");
}

TEST_CASE("A-2, A-9: a Job is deleted by UID and version, in the foreground") {
  auto what = remove(a_job());
  CHECK(what.what == verb::remove);
  CHECK(what.uid == object_uid{"job-uid"});
  CHECK(what.version == resource_version{"41"});
  CHECK(what.dependents == propagation::foreground);
  CHECK(remove(delete_cron_job{{"ns", "c"}, {"u"}}).dependents
        == propagation::foreground);
}

TEST_CASE("a suspend is guarded by the Job's UID and version") {
  auto body = body_of(suspend(a_job()));
  CHECK(text_at(body, "metadata", "uid") == "job-uid");
  CHECK(text_at(body, "metadata", "resourceVersion") == "41");
  CHECK(flag_at(body, "spec", "suspend") == true);
}

TEST_CASE("A-4: a Job made anew keeps its slot and has a name that a retry "
          "meets again") {
  auto old = a_job();
  old.slot = now;
  auto what = recreate_job(an_intent(), mover, old, {"cron"});
  CHECK(what.what == verb::create);
  CHECK(what.name == recreate_job(an_intent(), mover, old, {"cron"}).name);
  CHECK(what.name != old.key.name);
  CHECK(what.name.size() <= 63);
  auto made = read_job(body_of(what));
  CHECK(made.slot == now);
  CHECK(made.made_for == old.uid);
  CHECK(made.state == job_state::waiting);
  CHECK(made.location == "fedcba9876543210");
  CHECK(made.template_digest == digests(an_intent(), mover).job_template);
  old.key.name = std::string(63, 'x');
  CHECK(recreate_job(an_intent(), mover, old, {"cron"}).name.size() <= 63);
}

TEST_CASE("a Job made anew is the CronJob's, but never across namespaces") {
  auto old = a_job();
  auto owners = [&](const object_uid& owner) {
    return items_at(body_of(recreate_job(an_intent(), mover, old, owner)),
                    "metadata", "ownerReferences");
  };
  REQUIRE(owners({"cron"}).size() == 1);
  auto owner = owners({"cron"})[0];
  CHECK(text_at(owner, "kind") == "CronJob");
  CHECK(text_at(owner, "name") == an_intent().key.name);
  CHECK(text_at(owner, "uid") == "cron");
  CHECK(flag_at(owner, "controller") == true);
  CHECK(owners({}).empty());
  // From wherever the old one was, it is made where its owner is.
  old.key.ns = "elsewhere";
  auto moved = recreate_job(an_intent(), mover, old, {"cron"});
  CHECK(moved.ns == an_intent().key.ns);
  CHECK(text_at(body_of(moved), "metadata", "namespace") == an_intent().key.ns);
}
