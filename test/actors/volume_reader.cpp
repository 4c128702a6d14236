#include "actors/volume_reader.hpp"

#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

/// An API server that shows a bound claim and answers this to whoever asks for
/// its volume.
api_client::behavior_type claim_only(api_client::pointer self, int status) {
  return {
      [=](call_atom, const request_ptr& what) {
        response answer;
        answer.status = 200;
        if (what->kind == resources::claims)
          answer.body = R"({"metadata":{"namespace":"app","name":"disk",
            "uid":"of-the-claim"},"spec":{"volumeName":"pv1"},
            "status":{"phase":"Bound"}})";
        else
          answer.status = status;
        return std::make_shared<const response>(std::move(answer));
      },
      [](urgent_atom, const request_ptr&) {
        return std::make_shared<const response>();
      },
      [](watch_atom, std::uint64_t, const request_ptr&, const stream_sink&) {},
      [](credit_atom, const stream_sink&, std::uint64_t, std::uint64_t) {},
      [](cancel_atom, const stream_sink&, std::uint64_t) {},
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

volume_reading_ptr read_with(int status) {
  test_config config;
  caf::actor_system system{config};
  auto& sched
      = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  auto reader = system.spawn(volume_reader, system.spawn(claim_only, status));
  caf::scoped_actor self{system};
  auto answer = self->request(reader, caf::infinite, volume_atom::value,
                              object_key{"app", "disk"});
  sched.run();
  volume_reading_ptr told;
  answer.receive([&](const volume_reading_ptr& found) { told = found; },
                 [](const caf::error&) {});
  return told;
}

} // namespace

TEST_CASE("whoever may not read PersistentVolumes tells volumes apart by the "
          "claim's UID") {
  auto told = read_with(403);
  REQUIRE(told);
  CHECK_FALSE(told->failed);
  REQUIRE(told->what);
  CHECK(to_text(*told->what) == "pvc?uid=of-the-claim&mount=/repository");
}

TEST_CASE("a volume that can't be read for another reason is read again") {
  auto told = read_with(500);
  REQUIRE(told);
  CHECK(told->failed);
}
