#include "simulator/store.hpp"
#include "test/simulator/test_cluster.hpp"

#include <map>
#include <random>

using namespace holystone::simulator;
namespace json = boost::json;

namespace {

// What a client knows that only follows one watch.
class follower {
public:
  follower(test_cluster& c, const std::string& query)
      : cluster_(c), watch_(c.watch(config_maps + "?watch=1" + query)) {
    // nop
  }

  void catch_up(std::size_t most) {
    std::istringstream lines{cluster_.server.pull(watch_, most).lines};
    for (std::string line; std::getline(lines, line);) {
      auto event = json::parse(line);
      auto& object = event.at("object");
      auto name = holystone::k8s_io::text_at(object, "metadata", "name");
      auto version = std::stoull(
          holystone::k8s_io::text_at(object, "metadata", "resourceVersion"));
      auto type = holystone::k8s_io::text_at(event, "type");
      // Synthetic events come in the order of names, not of versions.
      if (started_)
        CHECK(version > last_);
      last_ = std::max<std::uint64_t>(last_, version);
      if (type == "DELETED") {
        CHECK(known_.erase(name) == 1);
      } else {
        CHECK(known_.contains(name) == (type == "MODIFIED"));
        known_[name] = object;
      }
    }
    started_ = true;
  }

  const std::map<std::string, json::value>& known() const {
    return known_;
  }

private:
  test_cluster& cluster_;
  watch_id watch_;
  std::map<std::string, json::value> known_;
  std::uint64_t last_ = 0;
  bool started_ = false;
};

std::map<std::string, json::value> listed(test_cluster& c,
                                          const std::string& query) {
  std::map<std::string, json::value> out;
  auto list = c.get(config_maps + query);
  for (auto& each : list.body.at("items").as_array()) {
    // Only in a list they do not say what they are.
    auto whole = each;
    whole.as_object()["kind"] = "ConfigMap";
    whole.as_object()["apiVersion"] = "v1";
    out[holystone::k8s_io::text_at(each, "metadata", "name")] = whole;
  }
  return out;
}

int write_something(test_cluster& c, std::mt19937& random) {
  auto pick = [&](unsigned below) {
    return random() % below;
  };
  auto name = std::string{"n"} + std::to_string(pick(6));
  auto at = config_maps + "/" + name;
  auto data = R"("data":{"k)" + std::to_string(pick(3)) + R"(":")"
              + std::to_string(pick(3)) + "\"}";
  auto labels
      = pick(2) == 0 ? R"("labels":{"on":"1"})" : R"("labels":{"on":null})";
  auto whole = R"({"metadata":{"name":")" + name + R"("},)" + data + "}";
  auto manager = std::string{"m"} + std::to_string(pick(3));
  switch (pick(8)) {
    case 0:
      return c.post(config_maps, whole).status;
    case 1:
      return c.put(at, whole).status;
    case 2:
      return c.merge(at, R"({"metadata":{)" + std::string{labels} + "}}")
          .status;
    case 3:
      return c.apply(at, "{" + data + "}", manager).status;
    case 4:
      return c.apply(at, "{" + data + "}", manager, true).status;
    case 5:
      return c.remove(at).status;
    case 6:
      return c
          .merge(at, R"({"metadata":{"finalizers":)"
                         + std::string{pick(2) == 0 ? "[\"x.io/f\"]" : "null"}
                         + "}}")
          .status;
    default:
      c.now += std::chrono::seconds{1};
      c.server.step(c.now);
      return 200;
  }
}

} // namespace

TEST_CASE("whatever is written, watches replay to what lists show") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    test_cluster c{{.seed = seed}};
    std::mt19937 random{seed};
    follower all{c, ""};
    follower selected{c, "&labelSelector=on"};
    auto last = c.server.revision();
    for (int i = 0; i < 300; ++i) {
      auto status = write_something(c, random);
      INFO("seed " << seed << " step " << i);
      CHECK(status < 500);
      CHECK(c.server.revision() >= last);
      last = c.server.revision();
      if (random() % 4 == 0) {
        all.catch_up(random() % 5 + 1);
        selected.catch_up(random() % 5 + 1);
      }
    }
    all.catch_up(10'000);
    selected.catch_up(10'000);
    INFO("seed " << seed);
    CHECK(all.known() == listed(c, ""));
    CHECK(selected.known() == listed(c, "?labelSelector=on"));
  }
}

TEST_CASE("every owned field exists and nobody owns what is gone") {
  for (unsigned seed = 100; seed < 120; ++seed) {
    test_cluster c{{.seed = seed}};
    std::mt19937 random{seed};
    for (int i = 0; i < 200; ++i)
      write_something(c, random);
    for (auto& [name, object] : listed(c, ""))
      for (auto& entry :
           holystone::k8s_io::items_at(object, "metadata", "managedFields"))
        for (auto& each :
             holystone::k8s_io::members_at(entry, "fieldsV1", "f:data")) {
          if (each.key() == ".")
            continue;
          auto key = std::string{each.key()}.substr(2);
          INFO("seed " << seed << " " << json::serialize(object));
          CHECK(holystone::k8s_io::find(object, "data", std::string_view{key})
                != nullptr);
        }
  }
}

TEST_CASE("controllers see each changed object once, deletions included") {
  namespace resources = holystone::k8s_io::resources;
  test_cluster c;
  store view{c.server, "controller", c.now};
  change_cursor cursor;
  bool complete = false;
  c.post(config_maps, R"({"metadata":{"name":"a"}})");
  auto first = view.changes(resources::config_maps, cursor, &complete);
  CHECK(complete);
  CHECK(first.size() == 1);
  c.merge(config_maps + "/a", R"({"data":{"k":"v"}})");
  c.merge(config_maps + "/a", R"({"data":{"k":"w"}})");
  c.post(config_maps, R"({"metadata":{"name":"b"}})");
  c.remove(config_maps + "/b");
  auto second = view.changes(resources::config_maps, cursor, &complete);
  CHECK_FALSE(complete);
  REQUIRE(second.size() == 2);
  CHECK(second[0].key.name == "a");
  CHECK_FALSE(second[0].deleted);
  CHECK(second[1].deleted);
  CHECK(view.changes(resources::config_maps, cursor).empty());
}

TEST_CASE("the store speaks with the server's own voice") {
  namespace resources = holystone::k8s_io::resources;
  test_cluster c;
  store view{c.server, "job-controller", c.now};
  auto made = view.create(resources::jobs, json::parse(R"({"metadata":{
    "name":"j","namespace":"default"},"spec":{"suspend":true,"template":{
    "spec":{"restartPolicy":"Never","containers":[{"name":"c",
    "image":"i"}]}}}})"));
  REQUIRE(made);
  auto job = made.object;
  job.at("status").as_object()["active"] = 1;
  CHECK(view.update_status(resources::jobs, job));
  CHECK(view.update_status(resources::jobs, job).reason() == "Conflict");
  CHECK(view.get(resources::jobs, {"default", "none"}).status == 404);
  removal foreign;
  foreign.uid = "other";
  auto gone = view.remove(resources::jobs, {"default", "j"}, foreign);
  CHECK(gone.status == 409);
  view.event(job, "Normal", "Tested", "it was");
  view.event(job, "Normal", "Tested", "it was");
  auto events = view.list(resources::events, "default");
  REQUIRE(events.size() == 1);
  CHECK(holystone::k8s_io::integer_at(events[0], "count") == 2);
}
