#pragma once

// What the reflector's tests share: a sink that keeps a view, and short ways to
// write objects, answers and steps.

#include "k8s_io/reflector.hpp"

#include <catch2/catch.hpp>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace holystone::test {

using k8s_io::reflector;

/// Keeps what it is told, and fails the test when told nonsense.
struct view : k8s_io::object_sink {
  struct seen {
    std::string uid;
    std::string version;
    friend bool operator==(const seen&, const seen&) = default;
  };

  void upsert(const boost::json::value& object) override {
    auto& metadata = object.at("metadata").as_object();
    auto text = [&](const char* name) {
      auto* found = metadata.if_contains(name);
      return found ? std::string{found->as_string().c_str()} : std::string{};
    };
    auto key = text("namespace") + "/" + text("name");
    seen now{text("uid"), text("resourceVersion")};
    // The old object of that name must have been removed first.
    if (auto known = objects.find(key); known != objects.end())
      REQUIRE(known->second.uid == now.uid);
    objects[key] = now;
    log.push_back("+" + key + "@" + now.uid);
  }

  void remove(const k8s_io::object_identity& which,
              const boost::json::value* last) override {
    auto key = to_string(which.key);
    auto known = objects.find(key);
    REQUIRE(known != objects.end());
    REQUIRE(known->second.uid == which.uid.value);
    objects.erase(known);
    log.push_back((last ? "-" : "?") + key + "@" + which.uid.value);
  }

  std::map<std::string, seen> objects;
  std::vector<std::string> log;
};

/// One Job as JSON.
inline std::string job(const std::string& name, const std::string& uid,
                       const std::string& version) {
  return fmt::format(
      R"({{"kind":"Job","apiVersion":"batch/v1","metadata":{{"namespace":"n",)"
      R"("name":"{}","uid":"{}","resourceVersion":"{}"}}}})",
      name, uid, version);
}

/// A Job that nests deeper than any parser of ours goes.
inline std::string deep_job(const std::string& name, const std::string& uid,
                            const std::string& version) {
  auto text = job(name, uid, version);
  text.pop_back();
  return text + R"(,"spec":)" + std::string(200, '[') + std::string(200, ']')
         + '}';
}

/// A line of a watch.
inline std::string event(const std::string& type, const std::string& object) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type, object);
}

/// A bookmark's line.
inline std::string bookmark(const std::string& version) {
  return event("BOOKMARK",
               R"({"kind":"Job","apiVersion":"batch/v1","metadata":)"
               R"({"resourceVersion":")"
                   + version + R"("}})");
}

/// A Status object.
inline std::string status(int code, const std::string& reason,
                          const std::string& cause = {}) {
  return fmt::format(
      R"({{"kind":"Status","apiVersion":"v1","code":{},"reason":"{}",)"
      R"("message":"m","details":{{"causes":[{{"reason":"{}"}}]}}}})",
      code, reason, cause);
}

/// A page of a list.
inline k8s_io::response page(const std::vector<std::string>& items,
                             const std::string& version,
                             const std::string& next = {}) {
  k8s_io::response out;
  out.status = 200;
  out.body = fmt::format(
      R"({{"kind":"JobList","apiVersion":"batch/v1","metadata":)"
      R"({{"resourceVersion":"{}","continue":"{}"}},"items":[{}]}})",
      version, next, fmt::join(items, ","));
  return out;
}

/// An answer without a list.
inline k8s_io::response refusal(int code, std::string body = {},
                                std::optional<seconds> retry_after = {}) {
  k8s_io::response out;
  out.status = code;
  out.body = std::move(body);
  out.retry_after = retry_after;
  if (code == 0)
    out.failure = "connection refused";
  return out;
}

/// The end of a watch that was refused, or never answered.
inline k8s_io::watch_end refused(int code, std::string body = {},
                                 std::optional<seconds> retry_after = {}) {
  return {code, std::move(body), code == 0 ? "refused" : "", retry_after};
}

/// The end of a watch whose connection broke.
inline k8s_io::watch_end cut() {
  return {200, {}, "connection reset", {}};
}

/// The end of a watch as the server ends it.
inline k8s_io::watch_end regular() {
  return {200, {}, {}, {}};
}

/// Drives one reflector by hand.
struct harness {
  reflector machine{k8s_io::reflected{.kind = k8s_io::resources::jobs}};
  view seen;
  k8s_io::steady_time now{std::chrono::hours{1}};
  double random = 0;
  reflector::effects out;
  std::uint64_t ticket = 0;

  void step(reflector::input what) {
    out = machine.step(what, {now, random}, seen);
    for (auto& effect : out)
      std::visit(
          [this](auto& x) {
            if constexpr (requires { x.ticket; })
              ticket = x.ticket;
          },
          effect);
  }

  void start() {
    step(reflector::start{});
  }
  void list(k8s_io::response answer) {
    step(reflector::listed{ticket, std::move(answer)});
  }
  void lines(std::vector<std::string> texts) {
    step(reflector::lines{ticket, std::move(texts)});
  }
  void end(k8s_io::watch_end how) {
    step(reflector::ended{ticket, std::move(how)});
  }
  void wake() {
    step(reflector::woken{ticket});
  }

  /// A list of these objects is done and the watch is open.
  void sync(const std::vector<std::string>& items, const std::string& version) {
    start();
    list(page(items, version));
    REQUIRE(opened());
  }

  template <class Effect>
  const Effect* find() const {
    for (auto& effect : out)
      if (auto* found = std::get_if<Effect>(&effect))
        return found;
    return nullptr;
  }
  const reflector::send_list* listing() const {
    return find<reflector::send_list>();
  }
  const reflector::open_watch* opened() const {
    return find<reflector::open_watch>();
  }
  const reflector::sleep* sleeping() const {
    return find<reflector::sleep>();
  }
};

} // namespace holystone::test
