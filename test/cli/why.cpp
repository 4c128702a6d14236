// `holystone why` and `holystone get` against the simulated API server, as
// processes: with the cluster read, and with an operator asked.

#include "metrics/self_signed.hpp"
#include "test/cli/quiet_server.hpp"
#include "test/cli/read_server.hpp"

using namespace holystone;
using namespace holystone::test;

namespace {

/// An operator of the cluster that it is given, as a process.
class running_operator {
public:
  explicit running_operator(const std::string& kubeconfig)
      : talk_({"operator", "--kubeconfig", kubeconfig, "--namespace",
               "volsync-system", "--mover-image", "i:1",
               "--metrics-bind-address", "127.0.0.1:0",
               "--inspection-bind-address", "127.0.0.1:0"}) {
    inspection
        = "http://" + std::string{log("started").at("inspection").as_string()};
    log("leading");
  }

  /// The next line with this message.
  json::object log(const std::string& message) {
    while (auto line = talk_.error_line()) {
      auto told = json::parse(*line).as_object();
      if (told["msg"].as_string() == message)
        return told;
    }
    throw std::runtime_error{"the operator never said " + message};
  }

  int stop() {
    talk_.interrupt();
    return talk_.finish().exit_code;
  }

  std::string inspection;

private:
  conversation talk_;
};

} // namespace

TEST_CASE("why: the cluster is read and answers as its operator would") {
  read_server here;
  here.define_kinds();
  here.add_source("data");
  here.let_lead("volsync-1_00000000");
  auto told = here.run({"why", "replicationsource/shop/data"});
  INFO(told.out << told.err);
  CHECK(told.exit_code == 0);
  // Nobody did anything so far.
  CHECK(told.out.starts_with("the operator is about to copy "));
  CHECK(says(told.out, "s3://company/data"));
  auto same = here.run({"why", "rs", "data", "-n", "shop", "-o", "json"});
  CHECK(same.exit_code == 0);
  auto body = json::parse(same.out);
  CHECK(told.out.starts_with(std::string{body.at("why").as_string()} + "\n"));
  // As with kubectl: the kubeconfig names none here.
  CHECK(says(here.run({"why", "rs", "data"}).err,
             "no repository has to do with default/data"));
  CHECK(here.writes() == 0);
  CHECK(here.watches() == 0);
  CHECK(here.reads() > 10);
}

TEST_CASE("why, get: nothing is written, not even by who waits to lead") {
  read_server here;
  here.define_kinds();
  here.add_source("data");
  CHECK(here.run({"why", "rs/shop/data"}).exit_code == 0);
  CHECK(here.run({"get"}).exit_code == 0);
  CHECK(here.run({"get", "-o", "json"}).exit_code == 0);
  CHECK(here.writes() == 0);
}

TEST_CASE("why: what is wrong with a claim is said") {
  read_server here;
  here.define_kinds();
  here.let_lead("volsync-1_00000000");
  here.make("/apis/volsync.backube/v1alpha1/namespaces/shop/replicationsources",
            {{"apiVersion", "volsync.backube/v1alpha1"},
             {"kind", "ReplicationSource"},
             {"metadata", {{"name", "data"}}},
             {"spec",
              {{"sourcePVC", "data"},
               {"kopia",
                {{"repository", "gone"},
                 {"maintenanceCronJob", {{"schedule", "0 3 * * *"}}}}}}}});
  auto told = here.run({"why", "rs/shop/data"});
  CHECK(told.exit_code == 0);
  CHECK(told.out == "Secret shop/gone does not exist; create it\n");
}

TEST_CASE("get: a table of the repositories, and one of them") {
  read_server here;
  here.define_kinds();
  here.add_source("data");
  here.add_source("media");
  here.let_lead("volsync-1_00000000");
  auto told = here.run({"get"});
  INFO(told.out << told.err);
  CHECK(told.exit_code == 0);
  CHECK(told.out.starts_with("HASH               STATE"));
  CHECK(std::ranges::count(told.out, '\n') == 3);
  CHECK(says(told.out, "ReplicationSource shop/media"));
  auto list = json::parse(here.run({"get", "repositories", "-o", "json"}).out);
  CHECK(list.at("total").to_number<int>() == 2);
  auto hash = std::string{list.at("items").at(0).at("hash").as_string()};
  auto one = here.run({"get", "repository", hash});
  CHECK(one.exit_code == 0);
  CHECK(one.out.starts_with("Repository:   " + hash + "\n"));
  CHECK(says(one.out, "Lock:         free\n"));
  CHECK(says(one.out, "\nClaims:\n  CLAIM "));
  auto none = here.run({"get", "repository", "0123456789abcdef"});
  CHECK(none.exit_code == 1);
  CHECK(says(none.err, "no repository has the hash 0123456789abcdef"));
}

TEST_CASE("get, why: the same answers from the operator and from its cluster") {
  quiet_server here;
  here.define_kinds();
  here.send("POST", "/api/v1/namespaces/app/secrets",
            {{"metadata", {{"name", "k"}}},
             {"stringData",
              {{"KOPIA_REPOSITORY", "s3://company/app"},
               {"KOPIA_PASSWORD", "p"},
               {"AWS_S3_ENDPOINT", "s3.example.com"},
               {"AWS_ACCESS_KEY_ID", "a"},
               {"AWS_SECRET_ACCESS_KEY", "b"}}}});
  here.send("POST", sources,
            {{"apiVersion", "volsync.backube/v1alpha1"},
             {"kind", "ReplicationSource"},
             {"metadata", {{"name", "data"}}},
             {"spec",
              {{"sourcePVC", "data"},
               {"kopia",
                {{"repository", "k"},
                 {"maintenanceCronJob", {{"schedule", "0 3 * * *"}}}}}}}});
  running_operator leader{here.kubeconfig_file};
  // The status is the last that it writes of a source.
  while (leader.log("wrote").at("step").as_string().find("status")
         == std::string::npos)
    ;
  for (auto question : {"why rs/app/data", "get"}) {
    std::vector<std::string> words;
    std::istringstream text{question};
    for (std::string word; text >> word;)
      words.push_back(word);
    words.insert(words.end(), {"-o", "json"});
    auto asked = words;
    asked.insert(asked.end(), {"--inspection", leader.inspection});
    auto read = words;
    read.insert(read.end(), {"--kubeconfig", here.kubeconfig_file,
                             "--operator-namespace", "volsync-system"});
    auto told = run_program(asked);
    auto seen = run_program(read);
    INFO(told.err << seen.err);
    CHECK(told.exit_code == 0);
    CHECK(told.err.empty());
    CHECK(seen.out == told.out);
    // It runs beside the cluster: no pod tells its flags.
    CHECK(says(seen.err, "its defaults are assumed: there is no pod"));
  }
  auto actors
      = run_program({"get", "actors", "--inspection", leader.inspection + "/"});
  CHECK(actors.exit_code == 0);
  CHECK(says(actors.out, "registry"));
  CHECK(says(actors.out, "MAILBOX"));
  CHECK(leader.stop() == 0);
}

TEST_CASE("get, why: the operator's flags are those of the pod that leads") {
  read_server here;
  here.define_kinds();
  here.add_source("data");
  here.let_lead("volsync-1_0a1b2c3d");
  here.make("/api/v1/namespaces/volsync-system/serviceaccounts",
            {{"metadata", {{"name", "default"}}}});
  auto with = [&](json::array args) {
    here.make("/api/v1/namespaces/volsync-system/pods",
              {{"metadata", {{"name", "volsync-1"}}},
               {"spec",
                {{"containers", json::array{{{"name", "operator"},
                                             {"image", "i:1"},
                                             {"args", std::move(args)}}}}}}});
    return here.run({"get", "-o", "json"});
  };
  SECTION("a time zone") {
    auto told = with({"operator", "--timezone=Asia/Tokyo"});
    CHECK(told.err.empty());
    CHECK(says(told.out, "T18:00:00Z"));
  }
  SECTION("what this program does not know") {
    auto told = with({"operator", "--of-tomorrow"});
    CHECK(told.exit_code == 0);
    CHECK(says(told.err, "its defaults are assumed: "));
    CHECK(says(told.err, "--of-tomorrow"));
  }
}

TEST_CASE("get, why: who leads nothing is named") {
  read_server here;
  here.define_kinds();
  SECTION("no Lease") {
    CHECK(says(here.run({"get"}).err,
               "no operator leads: there is no Lease "
               "volsync-system/holystone-leader; is --operator-namespace "
               "right?"));
  }
  SECTION("given back") {
    here.let_lead("");
    CHECK(says(here.run({"get"}).err, "no operator leads: nobody holds"));
  }
  SECTION("not renewed") {
    here.let_lead("volsync-1_00000000", seconds{3600});
    CHECK(says(here.run({"get"}).err,
               "no operator leads: volsync-1_00000000 has not renewed"));
  }
}

TEST_CASE("get, why: what may not be read is named, and nothing is answered") {
  read_server here;
  here.define_kinds();
  here.add_source("data");
  here.let_lead("volsync-1_00000000");
  auto refused = [&](const std::string& path) {
    here.forbid(path);
    auto told = here.run({"why", "rs/shop/data"});
    CHECK(told.exit_code == 1);
    CHECK(told.out.empty());
    return told.err;
  };
  SECTION("Secrets") {
    CHECK(says(refused("/api/v1/secrets"), "list secrets"));
  }
  SECTION("the Lease") {
    CHECK(says(refused("/apis/coordination.k8s.io/v1/namespaces/volsync-system/"
                       "leases"),
               "leases"));
  }
  SECTION("only other installs") {
    here.forbid("/apis/coordination.k8s.io/v1/leases");
    CHECK(here.run({"why", "rs/shop/data"}).exit_code == 0);
  }
  SECTION("one Secret") {
    here.forbid("/api/v1/namespaces/shop/secrets/data");
    auto told = here.run({"why", "rs/shop/data"});
    CHECK(told.exit_code == 0);
    CHECK(says(told.err, "an answer may lack what you may not read"));
  }
}

TEST_CASE("get, why: a cluster without the kinds says which") {
  read_server here;
  auto told = here.run({"get"});
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "apply the CustomResourceDefinitions"));
}

TEST_CASE("get, why: nonsense is refused in one line") {
  auto refused = [](std::vector<std::string> words) {
    auto told = run_program(std::move(words));
    CHECK(told.exit_code == 2);
    CHECK(told.out.empty());
    CHECK(std::ranges::count(told.err, '\n') <= 2);
    return told.err;
  };
  CHECK(says(refused({"why", "node/a/b"}), "nothing to say of a node"));
  CHECK(says(refused({"why", "rs"}), "say KIND/NAMESPACE/NAME"));
  CHECK(says(refused({"why", "rs/a/b/c"}), "say KIND/NAMESPACE/NAME"));
  CHECK(says(refused({"why", "rs/a/b", "-n", "c"}), "say KIND"));
  CHECK(says(refused({"why", "rs//b"}), "say KIND"));
  CHECK(says(refused({"why"}), "OBJECT"));
  CHECK(says(refused({"get", "pods"}), "nothing called pods"));
  CHECK(says(refused({"get", "repository", "x"}), "no hash of 16 digits"));
  CHECK(says(refused({"get", "actors"}), "--inspection"));
  CHECK(says(refused({"get", "-o", "yaml"}), "yaml"));
  for (auto command : {"get", "doctor"})
    CHECK(says(refused({command, "--operator-namespace", "A b"}),
               "--operator-namespace=A b: must be the name of a namespace"));
  CHECK(says(refused({"get", "--inspection", "localhost:8081"}),
             "must be a URL"));
  CHECK(says(refused({"get", "--inspection", "http://"}), "must be a URL"));
  for (auto flag : {"--inspection-token-file", "--inspection-ca-file"})
    CHECK(says(refused({"get", flag, "f"}), "need --inspection"));
  CHECK(says(refused({"get", "--inspection", "http://localhost:1",
                      "--inspection-ca-file", "f"}),
             "shows no certificate"));
  CHECK(says(refused({"get", "--inspection", "http://a", "--kubeconfig", "f"}),
             "--inspection asks one operator"));
}

namespace {

/// A file with this text, as long as it is needed.
struct text_file {
  explicit text_file(const std::string& name, const std::string& text)
      : path((std::filesystem::temp_directory_path()
              / ("holystone-" + name + "-" + std::to_string(getpid())))
                 .string()) {
    std::ofstream{path} << text;
  }

  ~text_file() {
    std::filesystem::remove(path);
  }

  const std::string path;
};

/// An inspection that opens to one token only.
struct guarded_inspection {
  explicit guarded_inspection(std::optional<metrics::http_tls> tls)
      : front_{{.address = "127.0.0.1", .tls = std::move(tls)},
               [](const std::shared_ptr<metrics::http_exchange>& exchange) {
                 auto token = exchange->request().headers.find("Authorization");
                 if (token.value_or("") == "Bearer sesame")
                   exchange->respond({.body = R"({"items":[]})"});
                 else
                   exchange->respond({401, "text/plain", {}, "whose?"});
               }} {
    // nop
  }

  run_outcome get(const std::string& scheme, std::vector<std::string> more) {
    std::vector<std::string> words{
        "get", "--inspection",
        scheme + "://127.0.0.1:" + std::to_string(front_.port())};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }

private:
  metrics::http_server front_;
};

/// An inspection that answers every path alike.
struct odd_inspection {
  explicit odd_inspection(int status, std::string body)
      : front_{on_loopback(),
               [=](const std::shared_ptr<metrics::http_exchange>& exchange) {
                 exchange->respond({status, "text/plain", {}, body});
               }} {
    // nop
  }

  run_outcome run(std::vector<std::string> words) {
    words.insert(
        words.end(),
        {"--inspection", "http://127.0.0.1:" + std::to_string(front_.port())});
    return run_program(words);
  }

private:
  static metrics::http_options on_loopback() {
    metrics::http_options options;
    options.address = "127.0.0.1";
    return options;
  }

  metrics::http_server front_;
};

} // namespace

TEST_CASE("get: an inspection over TLS is asked with a token") {
  const auto keys = metrics::make_self_signed({"IP:127.0.0.1"});
  guarded_inspection here{keys.server};
  text_file token{"token", "sesame\n"};
  text_file authority{"authority", keys.authority};
  auto told = here.get("https", {"--inspection-token-file", token.path,
                                 "--inspection-ca-file", authority.path});
  INFO(told.err);
  CHECK(told.exit_code == 0);
  CHECK(says(here.get("https", {"--inspection-ca-file", authority.path}).err,
             "status 401"));
  // Nobody vouches for it.
  CHECK(here.get("https", {"--inspection-token-file", token.path}).exit_code
        == 1);
  CHECK(says(here.get("https", {"--inspection-ca-file", "/nowhere"}).err,
             "/nowhere"));
}

TEST_CASE("get: a token travels without TLS on this machine only") {
  guarded_inspection here{{}};
  text_file token{"token", "sesame"};
  CHECK(here.get("http", {"--inspection-token-file", token.path}).exit_code
        == 0);
  for (auto url : {"http://10.0.0.1:8081", "http://localhost.example.com",
                   "http://localhost:1@example.com", "http://127.0.0.1.nip.io",
                   "http://localhost@example.com"}) {
    CAPTURE(url);
    auto told = run_program(
        {"get", "--inspection", url, "--inspection-token-file", token.path});
    CHECK(told.exit_code == 2);
    CHECK(says(told.err, "everybody on the way"));
  }
}

TEST_CASE("get: a status counts before what comes with it") {
  odd_inspection here{502, "<html>bad gateway"};
  CHECK(here.run({"get"}).err
        == "holystone get: /v1/repositories: status 502\n");
}

TEST_CASE("get: pages that go round in circles end") {
  odd_inspection here{200, R"({"items":[],"continue":"a"})"};
  auto told = here.run({"get"});
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "goes round in circles"));
}

TEST_CASE("get, why: what others wrote cannot command a terminal") {
  odd_inspection here{200, R"({"why":"a\u001b[2Jb\nc","items":[
    {"hash":"0123456789abcdef","winner":"x\u009b31m\u007f"}]})"};
  CHECK(here.run({"why", "rs/a/b"}).out == "a\\x1b[2Jb\\nc\n");
  CHECK(says(here.run({"get"}).out, "x\\x9b31m\\x7f"));
}

TEST_CASE("get, why: nobody there is one line, too") {
  auto failed = [](std::vector<std::string> words) {
    auto told = run_program(std::move(words));
    CHECK(told.exit_code == 1);
    CHECK(told.out.empty());
    CHECK(std::ranges::count(told.err, '\n') == 1);
    return told.err;
  };
  CHECK(says(failed({"get", "--inspection", "http://127.0.0.1:1"}),
             "127.0.0.1:1"));
  read_server here;
  here.forbid("/v1");
  CHECK(says(failed({"get", "--kubeconfig", "/nowhere"}), "/nowhere"));
}
