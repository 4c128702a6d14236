#include "watch_lines.hpp"

#include "k8s_io/fields.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace holystone::perturb {

using k8s_io::watch_end;

namespace {

const std::string gone
    = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
      R"("message":"too old resource version","reason":"Expired","code":410})";

} // namespace

bool is_counted(std::string_view line) {
  return line.substr(0, 40).find("BOOKMARK") == line.npos
         && line.find("\"holderIdentity\":\"operator-") == line.npos;
}

void line_counter::look(
    open_watch& one, std::string& bytes,
    const std::function<bool(unsigned, const std::string&)>& passes) {
  auto is_held = &bytes == &one.held;
  std::size_t at = is_held ? counted_ : 0;
  for (auto end = bytes.find('\n', at); end != std::string::npos;
       end = bytes.find('\n', at)) {
    auto line = bytes.substr(at, end - at);
    auto stays = !is_counted(line) || passes(++number, line);
    if (!stays && !is_held) {
      // The rest waits where the next bytes will.
      auto seen = end + 1 - at;
      one.held.insert(0, bytes.substr(at));
      bytes.erase(at);
      counted_ = seen;
      if (one.is_frozen)
        look(one, one.held, passes);
      return;
    }
    at = end + 1;
    if (is_held)
      counted_ = at;
  }
}

int spoil(open_watch& one, std::string& bytes, const std::string& way) {
  auto end = one.held.find('\n') + 1;
  auto line = one.held.substr(0, end);
  auto take = [&] {
    one.held.erase(0, end);
  };
  if (way == "gone-on-connect" || way == "empty" || way == "unavailable") {
    one.end = watch_end{200, {}, {}, {}};
    return way == "empty" ? 4 : 2;
  }
  if (way == "gone-in-stream") {
    bytes += R"({"type":"ERROR","object":)" + gone + "}\n";
  } else if (way == "cut") {
    bytes += line.substr(0, line.size() / 2);
    one.end = watch_end{200, {}, "Connection reset by peer", {}};
  } else if (way == "html") {
    bytes += "<html><body>\n<h1>It works!</h1>\n</body></html>\n";
    one.end = watch_end{200, {}, {}, {}};
  } else if (way == "nonsense") {
    bytes += "{\"type\":\"ADDED\",\"object\":{\"kind\":\n";
  } else if (way == "wrong-kind") {
    bytes += R"({"type":"ADDED","object":{"kind":"Frog","apiVersion":"v9",)"
             R"("metadata":{"name":"x","namespace":"app","uid":"u",)"
             R"("resourceVersion":"1"}}})"
             "\n"
             + line;
    take();
  } else if (way == "bookmark") {
    bytes += "{\"type\":\"BOOKMARK\"}\n" + line;
    take();
  } else if (way == "duplicate") {
    bytes += line + line + line;
    take();
  } else if (way == "reordered") {
    take();
    auto next = one.held.find('\n');
    if (next != std::string::npos) {
      bytes += one.held.substr(0, next + 1);
      one.held.erase(0, next + 1);
    }
    bytes += line;
  } else if (way == "long-line") {
    auto event = boost::json::parse(line.substr(0, line.size() - 1));
    auto& metadata = event.at("object").at("metadata").as_object();
    auto& notes = metadata["annotations"];
    if (!notes.is_object())
      notes = boost::json::object{};
    notes.as_object()["long"] = std::string(3U << 20, 'x');
    bytes += boost::json::serialize(event) + "\n" + line;
    take();
  }
  return 0;
}

watch_end refusal_of(const std::string& way) {
  if (way == "gone-on-connect")
    return {410, gone, {}, {}};
  if (way == "unavailable")
    return {503, "upstream connect error", {}, seconds{2}};
  return {200, {}, {}, {}};
}

} // namespace holystone::perturb
