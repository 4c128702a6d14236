#include "test/simulator/test_cluster.hpp"

using namespace holystone::simulator;

TEST_CASE("a created object has what the server gives it") {
  test_cluster c;
  auto made = c.post(config_maps, R"({"metadata":{"name":"a"},
    "data":{"k":"v"}})");
  CHECK(made.status == 201);
  CHECK(made.text({"kind"}) == "ConfigMap");
  CHECK(made.text({"apiVersion"}) == "v1");
  CHECK(made.text({"metadata", "namespace"}) == "default");
  CHECK(made.text({"metadata", "creationTimestamp"}) == "2026-11-21T02:00:00Z");
  CHECK(made.uid().size() == 36);
  CHECK(made.uid()[14] == '4');
  auto got = c.get(config_maps + "/a");
  CHECK(got.status == 200);
  CHECK(got.body == made.body);
}

TEST_CASE("the same seed gives the same UIDs and generated names") {
  auto story = [](std::uint64_t seed) {
    test_cluster c{{.seed = seed}};
    auto made = c.post(config_maps, R"({"metadata":{"generateName":"n-"}})");
    return made.uid() + made.text({"metadata", "name"});
  };
  CHECK(story(1) == story(1));
  CHECK(story(1) != story(2));
}

TEST_CASE("refusals carry the code and reason of the real server") {
  test_cluster c;
  REQUIRE(c.post(config_maps, R"({"metadata":{"name":"a"}})").status == 201);
  struct row {
    std::string method;
    std::string target;
    std::string body;
    int status;
    std::string reason;
  };
  for (auto& each : std::vector<row>{
           {"GET", config_maps + "/b", "", 404, "NotFound"},
           {"GET", "/api/v1/namespaces/default/nothings", "", 404, "NotFound"},
           {"POST", config_maps, R"({"metadata":{"name":"a"}})", 409,
            "AlreadyExists"},
           {"POST", config_maps, R"({"metadata":{"name":"A_"}})", 422,
            "Invalid"},
           {"POST", config_maps, R"({"metadata":{}})", 422, "Invalid"},
           {"POST", config_maps, "{", 400, "BadRequest"},
           {"POST", config_maps, R"({"kind":"Secret","metadata":{"name":"b"}})",
            400, "BadRequest"},
           {"POST", config_maps,
            R"({"metadata":{"name":"b","namespace":"other"}})", 400,
            "BadRequest"},
           {"POST", "/api/v1/namespaces/absent/configmaps",
            R"({"metadata":{"name":"a"}})", 404, "NotFound"},
           {"POST", config_maps + "/a", "{}", 405, "MethodNotAllowed"},
           {"PUT", config_maps, "{}", 405, "MethodNotAllowed"},
           {"PUT", config_maps + "/b", R"({"metadata":{"name":"b"}})", 404,
            "NotFound"},
           {"PUT", config_maps + "/a", R"({"metadata":{"name":"b"}})", 400,
            "BadRequest"},
           {"DELETE", config_maps + "/b", "", 404, "NotFound"},
           {"POST", pods + "/p/eviction", "{}", 501, "NotImplemented"},
           {"GET", config_maps + "?labelSelector=a+b", "", 400, "BadRequest"},
           {"GET", config_maps + "?fieldSelector=data.x%3D1", "", 400,
            "BadRequest"},
       }) {
    auto got = c.send(each.method, each.target, each.body);
    INFO(each.method << " " << each.target << " " << each.body << " -> "
                     << boost::json::serialize(got.body));
    CHECK(got.status == each.status);
    CHECK(got.reason() == each.reason);
    CHECK(got.text({"kind"}) == "Status");
  }
}

TEST_CASE("a body in an unknown format is 415, an unserved answer 406") {
  test_cluster c;
  CHECK(c.send("POST", config_maps, "<a/>", "text/xml").status == 415);
  CHECK(c.send("PATCH", config_maps + "/a", "{}", "application/json").status
        == 415);
  auto got = c.send("GET", config_maps, "", "", "application/xml");
  CHECK(got.status == 406);
  CHECK(c.send("GET", config_maps, "", "",
               "application/vnd.kubernetes.protobuf, application/json")
            .status
        == 200);
}

TEST_CASE("an update needs the newest version where it names one") {
  test_cluster c;
  auto made = c.post(config_maps, R"({"metadata":{"name":"a"}})");
  auto body = [](const std::string& version, const std::string& value) {
    return R"({"metadata":{"name":"a","resourceVersion":")" + version
           + R"("},"data":{"k":")" + value + R"("}})";
  };
  auto first = c.put(config_maps + "/a", body(made.version(), "1"));
  CHECK(first.status == 200);
  auto stale = c.put(config_maps + "/a", body(made.version(), "2"));
  CHECK(stale.status == 409);
  CHECK(stale.reason() == "Conflict");
  CHECK(stale.message()
        == "Operation cannot be fulfilled on configmaps \"a\": the object "
           "has been modified; please apply your changes to the latest "
           "version and try again");
  // Without a version ConfigMaps may be overwritten.
  CHECK(c.put(config_maps + "/a", body("", "3")).status == 200);
}

TEST_CASE("an update that changes nothing keeps the version") {
  test_cluster c;
  auto made = c.post(config_maps, R"({"metadata":{"name":"a"},
    "data":{"k":"v"}})");
  c.now += std::chrono::seconds{60};
  auto same = c.put(config_maps + "/a", R"({"metadata":{"name":"a"},
    "data":{"k":"v"}})");
  CHECK(same.version() == made.version());
  auto patched = c.merge(config_maps + "/a", R"({"data":{"k":"v"}})");
  CHECK(patched.version() == made.version());
}

TEST_CASE("a dry run answers without storing") {
  test_cluster c;
  CHECK(
      c.post(config_maps + "?dryRun=All", R"({"metadata":{"name":"a"}})").status
      == 201);
  CHECK(c.get(config_maps + "/a").status == 404);
}

TEST_CASE("unknown fields are warned of, or refused when asked to be strict") {
  test_cluster c;
  auto warned = c.post(config_maps, R"({"metadata":{"name":"a"},"dta":{}})");
  CHECK(warned.status == 201);
  REQUIRE(warned.warnings.size() == 1);
  CHECK(warned.warnings[0] == "unknown field \"dta\"");
  CHECK(warned.text({"dta"}).empty());
  auto refused = c.post(config_maps + "?fieldValidation=Strict",
                        R"({"metadata":{"name":"b"},"dta":{}})");
  CHECK(refused.status == 400);
  CHECK(refused.message()
        == "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: "
           "strict decoding error: unknown field \"dta\"");
}

TEST_CASE("a Secret's stringData is stored as data") {
  test_cluster c;
  auto made = c.post(secrets, R"({"metadata":{"name":"s"},
    "data":{"a":"YQ=="},"stringData":{"b":"bb","a":"x"}})");
  CHECK(made.text({"data", "a"}) == "eA==");
  CHECK(made.text({"data", "b"}) == "YmI=");
  CHECK(made.text({"type"}) == "Opaque");
  CHECK(made.text({"stringData"}).empty());
  auto big = c.post(secrets, R"({"metadata":{"name":"big"},"stringData":
    {"k":")" + std::string(1024 * 1024 + 1, 'x')
                                 + "\"}}");
  CHECK(big.status == 422);
}

TEST_CASE("metadata alone is answered to those who ask for it") {
  test_cluster c;
  c.post(secrets, R"({"metadata":{"name":"s"},"data":{"a":"YQ=="}})");
  std::string as = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;"
                   "v=v1";
  auto one = c.send("GET", secrets + "/s", "", "", as);
  CHECK(one.text({"kind"}) == "PartialObjectMetadata");
  CHECK(one.text({"metadata", "name"}) == "s");
  CHECK(one.text({"data"}).empty());
  auto all = c.send("GET", secrets, "", "",
                    "application/json;as=PartialObjectMetadataList;"
                    "g=meta.k8s.io;v=v1");
  CHECK(all.text({"kind"}) == "PartialObjectMetadataList");
  CHECK(boost::json::serialize(all.body).find("YQ==") == std::string::npos);
}

TEST_CASE("selectors choose by labels and by indexed fields") {
  test_cluster c;
  for (auto text : {R"({"metadata":{"name":"a","labels":{"x":"1"}}})",
                    R"({"metadata":{"name":"b","labels":{"x":"2","y":""}}})",
                    R"({"metadata":{"name":"c"}})"})
    REQUIRE(c.post(config_maps, text).status == 201);
  auto names = [&](std::string query) {
    std::string out;
    auto list = c.get(config_maps + "?" + query);
    for (auto& each : list.body.at("items").as_array())
      out += holystone::k8s_io::text_at(each, "metadata", "name");
    return out;
  };
  CHECK(names("") == "abc");
  CHECK(names("labelSelector=x") == "ab");
  CHECK(names("labelSelector=!x") == "c");
  CHECK(names("labelSelector=x%3D1") == "a");
  CHECK(names("labelSelector=x!%3D1") == "bc");
  CHECK(names("labelSelector=x%20in%20(1,2),y") == "b");
  CHECK(names("labelSelector=x%20notin%20(1)") == "bc");
  CHECK(names("labelSelector=x%3E1") == "b");
  CHECK(names("fieldSelector=metadata.name%3Db") == "b");
  CHECK(names("fieldSelector=metadata.name!%3Db") == "ac");
  CHECK(names("fieldSelector=metadata.namespace%3Dother").empty());
}

TEST_CASE("pages of a list show the state of the first page") {
  test_cluster c;
  for (auto name : {"a", "b", "c", "d", "e"})
    c.post(config_maps,
           R"({"metadata":{"name":")" + std::string{name} + "\"}}");
  auto first = c.get(config_maps + "?limit=2");
  CHECK(first.body.at("items").as_array().size() == 2);
  CHECK(first.text({"metadata", "remainingItemCount"}) == "3");
  c.remove(config_maps + "/c");
  c.post(config_maps, R"({"metadata":{"name":"bb"}})");
  auto token = first.text({"metadata", "continue"});
  auto second = c.get(config_maps + "?limit=2&continue=" + token);
  CHECK(second.version() == first.version());
  CHECK(holystone::k8s_io::text_at(second.body.at("items").at(0), "metadata",
                                   "name")
        == "c");
  auto last = c.get(config_maps + "?limit=2&continue="
                    + second.text({"metadata", "continue"}));
  CHECK(last.body.at("items").as_array().size() == 1);
  CHECK(last.text({"metadata", "continue"}).empty());
  c.server.compact();
  c.post(config_maps, R"({"metadata":{"name":"z"}})");
  auto late = c.get(config_maps + "?limit=2&continue=" + token);
  CHECK(late.status == 410);
  CHECK(late.reason() == "Expired");
}

TEST_CASE("list versions: 0 ignores the limit, the future is 504") {
  test_cluster c;
  c.post(config_maps, R"({"metadata":{"name":"a"}})");
  c.post(config_maps, R"({"metadata":{"name":"b"}})");
  auto cached = c.get(config_maps + "?limit=1&resourceVersion=0");
  CHECK(cached.body.at("items").as_array().size() == 2);
  auto future = c.get(config_maps + "?resourceVersion=99999");
  CHECK(future.status == 504);
  CHECK(future.reason() == "Timeout");
  auto exact = c.get(config_maps
                     + "?resourceVersionMatch=Exact"
                       "&resourceVersion="
                     + std::to_string(c.server.revision() - 1));
  CHECK(exact.body.at("items").as_array().size() == 1);
}

TEST_CASE("PUT of an absent Lease creates it, a PATCH does not (A-7)") {
  test_cluster c;
  auto put = c.put(leases + "/l", R"({"metadata":{"name":"l",
    "resourceVersion":"5"},"spec":{"holderIdentity":"x"}})");
  CHECK(put.status == 201);
  c.remove(leases + "/l");
  CHECK(c.merge(leases + "/l", R"({"spec":{"holderIdentity":"y"}})").status
        == 404);
  auto guarded = c.put(leases + "/l", R"({"metadata":{"name":"l","uid":"u",
    "resourceVersion":"5"}})");
  CHECK(guarded.status == 409);
}

TEST_CASE("a Lease patch with a stale version is 409, with a foreign UID 422") {
  test_cluster c;
  auto made = c.post(leases, R"({"metadata":{"name":"l"},
    "spec":{"holderIdentity":"x","leaseDurationSeconds":15}})");
  REQUIRE(made.status == 201);
  auto guard = [](const std::string& version) {
    return R"({"metadata":{"resourceVersion":")" + version
           + R"("},"spec":{"holderIdentity":"y"}})";
  };
  CHECK(c.merge(leases + "/l", guard(made.version())).status == 200);
  CHECK(c.merge(leases + "/l", guard(made.version())).status == 409);
  auto foreign = c.merge(leases + "/l", R"({"metadata":{"uid":"other"}})");
  CHECK(foreign.status == 422);
  CHECK(foreign.reason() == "Invalid");
  auto unversioned = c.put(leases + "/l", R"({"metadata":{"name":"l"}})");
  CHECK(unversioned.status == 422);
}
