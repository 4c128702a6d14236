#include "k8s_io/credentials.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace holystone;
using namespace holystone::k8s_io;

namespace {

std::string config(const std::string& cluster, const std::string& user) {
  return "current-context: c\n"
         "contexts: [{name: c, context: {cluster: k, user: u, namespace: ops}},"
         " {name: other, context: {cluster: missing, user: u}}]\n"
         "clusters: [{name: k, cluster: {"
         + cluster + "}}]\nusers: [{name: u, user: {" + user + "}}]\n";
}

const std::string server = "server: 'https://h:6443'";

std::string refusal(const std::string& text) {
  auto got = parse_kubeconfig(text, "/d");
  REQUIRE_FALSE(got);
  return got.why().message;
}

bool mentions(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

environment with(std::map<std::string, std::string> values) {
  return [values](const char* name) -> std::optional<std::string> {
    auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional{found->second};
  };
}

file_reader files(std::map<std::string, std::string> contents) {
  return [contents](const std::string& path) -> result<std::string> {
    auto found = contents.find(path);
    if (found == contents.end())
      return error{path + ": no such file"};
    return found->second;
  };
}

} // namespace

TEST_CASE("a kubeconfig tells server, trust, user and namespace") {
  auto got = parse_kubeconfig(
      config("server: 'https://h:6443/k8s/', certificate-authority: ca.pem, "
             "tls-server-name: kubernetes",
             "client-certificate: /abs/c.pem, client-key-data: a2V5"),
      "/d");
  REQUIRE(got);
  CHECK(got->server == "https://h:6443/k8s");
  CHECK(got->default_namespace == "ops");
  CHECK(got->authority.path == "/d/ca.pem");
  CHECK(got->tls_server_name == "kubernetes");
  CHECK(got->certificate.path == "/abs/c.pem");
  CHECK(got->key.inline_text.reveal() == "key");
  CHECK_FALSE(got->skip_verify);
}

TEST_CASE("a token stands in place or in a file, and the file wins") {
  auto inline_only = parse_kubeconfig(config(server, "token: t"), "/d");
  REQUIRE(inline_only);
  CHECK(inline_only->token.reveal() == "t");
  auto both = parse_kubeconfig(config(server, "token: t, tokenFile: f"), "/d");
  REQUIRE(both);
  CHECK(both->token.reveal().empty());
  CHECK(both->token_file == "/d/f");
}

TEST_CASE("verification is skipped only where the file says so") {
  auto got = parse_kubeconfig(
      config(server + ", insecure-skip-tls-verify: true", ""), "/d");
  REQUIRE(got);
  CHECK(got->skip_verify);
  CHECK(mentions(refusal(config(server
                                    + ", insecure-skip-tls-verify: true, "
                                      "certificate-authority: x",
                                "")),
                 "remove one of the two"));
}

TEST_CASE("plugins are refused with the field's name and a way out") {
  for (std::string name : {"exec", "auth-provider"}) {
    auto text = refusal(config(server, name + ": {command: aws}"));
    CHECK(mentions(text, "user." + name));
    CHECK(mentions(text, "tokenFile"));
  }
  CHECK(mentions(refusal(config(server, "username: a")), "user.username"));
  CHECK(mentions(refusal(config(server, "as: b")), "user.as"));
  CHECK(mentions(refusal(config(server + ", proxy-url: 'http://p'", "")),
                 "proxy-url"));
}

TEST_CASE("what is missing in a kubeconfig is named") {
  CHECK(mentions(refusal("a: b"), "current-context"));
  CHECK(mentions(refusal("[]"), "mapping"));
  CHECK(mentions(refusal("a: [b"), "line 1"));
  CHECK(mentions(refusal("current-context: x\ncontexts: []"), "\"x\""));
  CHECK(mentions(refusal(config("server: h", "")), "https://"));
  CHECK(
      mentions(refusal(config(server, "client-certificate: c")), "client-key"));
  CHECK(mentions(
      refusal(config(server + ", certificate-authority-data: '!'", "")),
      "certificate-authority-data"));
  auto other = parse_kubeconfig(config(server, ""), "/d", "other");
  REQUIRE_FALSE(other);
  CHECK(mentions(other.why().message, "\"missing\""));
}

TEST_CASE("the flag wins over KUBECONFIG, and that over the pod") {
  auto read = files({{"/a/flag", config("server: 'https://flag'", "")},
                     {"/a/env", config("server: 'https://env'", "")}});
  auto env = with({{"KUBECONFIG", "/a/env"},
                   {"KUBERNETES_SERVICE_HOST", "10.0.0.1"},
                   {"KUBERNETES_SERVICE_PORT", "443"}});
  CHECK(find_credentials("/a/flag", env, read)->server == "https://flag");
  CHECK(find_credentials("", env, read)->server == "https://env");
}

TEST_CASE("a pod uses its service account") {
  const std::string mount = "/var/run/secrets/kubernetes.io/serviceaccount/";
  auto read = files({{mount + "namespace", "ops\n"}});
  auto got = find_credentials("",
                              with({{"KUBERNETES_SERVICE_HOST", "fd00::1"},
                                    {"KUBERNETES_SERVICE_PORT", "443"}}),
                              read);
  REQUIRE(got);
  CHECK(got->server == "https://[fd00::1]:443");
  CHECK(got->default_namespace == "ops");
  CHECK(got->token_file == mount + "token");
  CHECK(got->authority.path == mount + "ca.crt");
  CHECK_FALSE(got->skip_verify);
}

TEST_CASE("no server at all, a missing file or several are clear errors") {
  auto none = find_credentials("", with({}), files({}));
  REQUIRE_FALSE(none);
  CHECK(mentions(none.why().message, "--kubeconfig"));
  auto missing = find_credentials("/x", with({}), files({}));
  REQUIRE_FALSE(missing);
  CHECK(mentions(missing.why().message, "/x"));
  auto several
      = find_credentials("", with({{"KUBECONFIG", "/a:/b"}}), files({}));
  REQUIRE_FALSE(several);
  CHECK(mentions(several.why().message, "name one"));
}
