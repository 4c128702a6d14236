// Bodies of server-side applies on the simulator: it answers every one with a
// status, stores what is an object still, and a repetition changes nothing.

#include "claim.hpp"
#include "k8s_io/fields.hpp"
#include "simulator/api_server.hpp"

#include <boost/json.hpp>

#include <string>

using namespace holystone;
using namespace holystone::simulator;

namespace {

const instant now = *parse_rfc3339("2026-11-21T12:00:00Z");
const std::string path = "/apis/batch/v1/namespaces/app/cronjobs/one";
constexpr std::string_view first = R"({"apiVersion":"batch/v1",
"kind":"CronJob","metadata":{"name":"one","labels":{"a":"b"}},"spec":{
"schedule":"0 2 * * *","jobTemplate":{"spec":{"template":{"spec":{
"restartPolicy":"Never","containers":[{"name":"c","image":"i",
"env":[{"name":"A","value":"1"}]}]}}}}}})";

reply apply(api_server& server, std::string_view body, const char* manager) {
  return server.handle({"PATCH", path + "?fieldManager=" + manager,
                        "application/apply-patch+yaml", "application/json",
                        std::string{body}, "admin", "fuzz"},
                       now);
}

std::string version(api_server& server) {
  auto found
      = server.handle({"GET", path, {}, "application/json", {}, "", ""}, now);
  fuzz::claim(found.status == 200, "the object is there");
  boost::system::error_code broken;
  auto object = boost::json::parse(found.body, broken);
  fuzz::claim(!broken, "what is stored is JSON");
  return k8s_io::text_at(object, "metadata", "resourceVersion");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  api_server server;
  server.install("apiVersion: v1\nkind: Namespace\nmetadata: {name: app}\n",
                 now);
  fuzz::claim(apply(server, first, "other").status == 201, "it is made");
  auto text = fuzz::text_of(data, size);
  auto answer = apply(server, text, "mine");
  fuzz::claim(answer.status >= 200 && answer.status <= 500, "it has a status");
  auto before = version(server);
  auto again = apply(server, text, "mine");
  fuzz::claim(again.status == answer.status, "it is answered the same again");
  fuzz::claim(version(server) == before, "a repetition changes nothing");
  return 0;
}
