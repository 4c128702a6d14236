#include "k8s_io/lease_requests.hpp"

#include "an_intent.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

lease_fact a_lease() {
  lease_fact lease;
  lease.exists = true;
  lease.uid = {"lease-uid"};
  lease.version = {"12"};
  return lease;
}

} // namespace

TEST_CASE("A-7: a Lease is created by POST and patched with its version") {
  acquire_lease take{a_job(), now + seconds{100}, {}};
  auto fresh = acquire(take, {}, "ns", "0123456789abcdef", {}, now);
  CHECK(fresh.what == verb::create);
  CHECK(fresh.name == "kopia-repository-0123456789abcdef");
  auto seen = a_lease();
  auto again = acquire(take, seen, "ns", "0123456789abcdef", {}, now);
  CHECK(again.what == verb::merge_patch);
  auto body = body_of(again);
  CHECK(text_at(body, "metadata", "uid") == "lease-uid");
  CHECK(text_at(body, "metadata", "resourceVersion") == "12");
  CHECK(text_at(body, "spec", "holderIdentity") == "job-uid");
}

TEST_CASE("A-8: the Lease holds Job, UID, times, winner and ledger") {
  claim_key winner{claim_kind::replication_source, {"app", "data"}};
  acquire_lease take{a_job(), now + seconds{100}, "app/kopia@7"};
  auto body = body_of(acquire(take, {}, "ns", "0123456789abcdef", winner, now));
  auto held = read_lease(body);
  CHECK(held.holder == object_uid{"job-uid"});
  CHECK(held.holder_job == a_job().key);
  CHECK(held.deadline == now + seconds{100});
  CHECK(held.acquired == now);
  CHECK(held.winner == winner);
  CHECK(held.secret == "app/kopia@7");
  release_lease end;
  end.known.failures = 2;
  end.known.failure = failure_class::network;
  end.known.counted = {"job-uid"};
  auto free = release(end, a_lease(), "ns", "0123456789abcdef", winner);
  CHECK(free.what == verb::merge_patch);
  auto freed = body_of(free);
  CHECK(text_at(freed, "metadata", "resourceVersion") == "12");
  // A merge patch removes what is null.
  CHECK(find(freed, "spec", "holderIdentity")->is_null());
  CHECK(find(freed, "metadata", "annotations", names::holder_deadline)
            ->is_null());
  CHECK(
      find(freed, "metadata", "annotations", names::holder_secret)->is_null());
  CHECK(read_lease(freed).known == end.known);
}
