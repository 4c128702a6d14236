#include "test/simulator/test_cluster.hpp"

using namespace holystone::simulator;
using lines = std::vector<std::string>;

namespace {

void create(test_cluster& c, const std::string& name,
            const std::string& labels = "{}") {
  auto made = c.post(config_maps, R"({"metadata":{"name":")" + name
                                      + R"(","labels":)" + labels + "}}");
  REQUIRE(made.status == 201);
}

} // namespace

TEST_CASE("a watch without a version begins with what is there (R-12)") {
  test_cluster c;
  create(c, "a");
  for (auto version : {"", "&resourceVersion=0"}) {
    auto id = c.watch(config_maps + "?watch=1" + version);
    CHECK(c.events(id) == lines{"ADDED a"});
    c.merge(config_maps + "/a",
            R"({"data":{"k":")" + std::string{version} + "x\"}}");
    CHECK(c.events(id) == lines{"MODIFIED a"});
    CHECK(c.events(id).empty());
    CHECK_FALSE(c.server.has_news(id));
  }
}

TEST_CASE("a watch from a version sees what came after it, in order") {
  test_cluster c;
  create(c, "a");
  auto from = std::to_string(c.server.revision());
  create(c, "b");
  c.merge(config_maps + "/a", R"({"data":{"k":"v"}})");
  c.remove(config_maps + "/b");
  create(c, "b");
  auto id = c.watch(config_maps + "?watch=1&resourceVersion=" + from);
  CHECK(c.events(id) == lines{"ADDED b", "MODIFIED a", "DELETED b", "ADDED b"});
}

TEST_CASE("a deletion's event carries the version of the deletion") {
  test_cluster c;
  create(c, "a");
  auto id = c.watch(config_maps + "?watch=1&resourceVersion="
                    + std::to_string(c.server.revision()));
  c.remove(config_maps + "/a");
  auto got = boost::json::parse(c.server.pull(id).lines);
  CHECK(holystone::k8s_io::text_at(got, "object", "metadata", "resourceVersion")
        == std::to_string(c.server.revision()));
}

TEST_CASE("a selector turns leaving into DELETED and entering into ADDED") {
  test_cluster c;
  auto id = c.watch(config_maps + "?watch=1&labelSelector=on");
  create(c, "a");
  CHECK(c.events(id).empty());
  c.merge(config_maps + "/a", R"({"metadata":{"labels":{"on":""}}})");
  CHECK(c.events(id) == lines{"ADDED a"});
  c.merge(config_maps + "/a", R"({"data":{"k":"v"}})");
  CHECK(c.events(id) == lines{"MODIFIED a"});
  c.merge(config_maps + "/a", R"({"metadata":{"labels":{"on":null}}})");
  CHECK(c.events(id) == lines{"DELETED a"});
  c.remove(config_maps + "/a");
  CHECK(c.events(id).empty());
}

TEST_CASE("a watch sees its namespace and its name only") {
  test_cluster c;
  c.post("/api/v1/namespaces", R"({"metadata":{"name":"other"}})");
  auto own = c.watch(config_maps + "?watch=1");
  auto all = c.watch("/api/v1/configmaps?watch=1");
  auto one = c.watch(config_maps + "?watch=1&fieldSelector=metadata.name%3Db");
  create(c, "a");
  c.post("/api/v1/namespaces/other/configmaps", R"({"metadata":{"name":"b"}})");
  CHECK(c.events(own) == lines{"ADDED a"});
  CHECK(c.events(all) == lines{"ADDED a", "ADDED b"});
  CHECK(c.events(one).empty());
}

TEST_CASE("bookmarks come when they are due and allowed (R-05)") {
  test_cluster c;
  auto with = c.watch(config_maps + "?watch=1&allowWatchBookmarks=true");
  auto without = c.watch(config_maps + "?watch=1");
  c.server.bookmark(with);
  c.server.bookmark(without);
  CHECK(c.server.has_news(with));
  auto got = boost::json::parse(c.server.pull(with).lines);
  CHECK(holystone::k8s_io::text_at(got, "type") == "BOOKMARK");
  CHECK(holystone::k8s_io::text_at(got, "object", "kind") == "ConfigMap");
  CHECK(holystone::k8s_io::text_at(got, "object", "metadata", "resourceVersion")
        == std::to_string(c.server.revision()));
  CHECK(c.events(without).empty());
}

TEST_CASE("a list by watch ends with its bookmark (R-13)") {
  test_cluster c;
  create(c, "a");
  auto query = "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true"
               "&resourceVersionMatch=NotOlderThan";
  auto id = c.watch(config_maps + query);
  std::istringstream text{c.server.pull(id).lines};
  std::string line;
  std::getline(text, line);
  CHECK(line.find("ADDED") != std::string::npos);
  std::getline(text, line);
  CHECK(holystone::k8s_io::text_at(boost::json::parse(line), "object",
                                   "metadata", "annotations",
                                   "k8s.io/initial-events-end")
        == "true");
  CHECK(c.get(config_maps + "?watch=1&sendInitialEvents=true").status == 422);
}

TEST_CASE("a version that history forgot is 410 (R-06)") {
  test_cluster c;
  create(c, "a");
  auto old = std::to_string(c.server.revision() - 1);
  auto running = c.watch(config_maps + "?watch=1&resourceVersion=" + old);
  create(c, "b");
  c.server.compact();
  for (auto id :
       {running, c.watch(config_maps + "?watch=1&resourceVersion=" + old)}) {
    auto batch = c.server.pull(id);
    CHECK(batch.ended);
    auto got = boost::json::parse(batch.lines);
    CHECK(holystone::k8s_io::text_at(got, "type") == "ERROR");
    CHECK(holystone::k8s_io::integer_at(got, "object", "code") == 410);
    CHECK(holystone::k8s_io::text_at(got, "object", "reason") == "Expired");
  }
}

TEST_CASE("a small event window forgets by itself (R-15)") {
  test_cluster c{{.event_window = 3}};
  auto id = c.watch(config_maps + "?watch=1");
  for (auto name : {"a", "b", "c", "d"})
    create(c, name);
  auto batch = c.server.pull(id);
  CHECK(batch.ended);
  CHECK(batch.lines.find("\"ERROR\"") != std::string::npos);
}

TEST_CASE("a pull takes no more events than asked for") {
  test_cluster c;
  auto id = c.watch(config_maps + "?watch=1");
  for (auto name : {"a", "b", "c"})
    create(c, name);
  CHECK(c.server.pull(id, 2).events == 2);
  CHECK(c.server.has_news(id));
  CHECK(c.server.pull(id, 2).events == 1);
}

TEST_CASE("a watch of metadata never carries content") {
  test_cluster c;
  call what;
  what.target = secrets + "?watch=1";
  what.accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  auto id = *c.server.handle(what, c.now).watch;
  c.post(secrets, R"({"metadata":{"name":"s"},"data":{"k":"c2VjcmV0"}})");
  auto text = c.server.pull(id).lines;
  CHECK(text.find("PartialObjectMetadata") != std::string::npos);
  CHECK(text.find("c2VjcmV0") == std::string::npos);
}

TEST_CASE("a watch of the future waits for it, one of nonsense is refused") {
  test_cluster c;
  call what;
  what.target = config_maps + "?watch=1&resourceVersion=99999";
  auto opened = c.server.handle(what, c.now);
  REQUIRE(opened.watch);
  c.post(config_maps, R"({"metadata":{"name":"a"}})");
  CHECK(c.server.pull(*opened.watch).lines.empty());
  CHECK(c.get(config_maps + "?watch=1&resourceVersion=x").status == 500);
}
