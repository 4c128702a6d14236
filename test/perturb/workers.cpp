#include "workers.hpp"

#include "family.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace holystone::perturb {

namespace {

namespace json = boost::json;

/// Every `every`-th of the plans, at least three.
std::vector<plan> sample_of(std::vector<plan> all, double share) {
  auto wanted = std::max<std::size_t>(
      3, static_cast<std::size_t>(share * static_cast<double>(all.size())));
  if (wanted >= all.size())
    return all;
  std::vector<plan> some;
  for (std::size_t i = 0; i < wanted; ++i)
    some.push_back(all[i * all.size() / wanted]);
  return some;
}

bool is_asked(const campaign& what, const std::string& name) {
  return what.families.empty()
         || std::ranges::find(what.families, name) != what.families.end();
}

/// What the stories come to is learned here, once for all workers.
std::vector<plan> plans_of(const campaign& what) {
  std::vector<std::vector<plan>> rows;
  std::size_t count = 0;
  for (const auto& row : all_families())
    if (is_asked(what, row.name)) {
      rows.push_back(row.plans());
      count += rows.back().size();
    }
  std::vector<plan> all;
  for (auto& row : rows)
    for (auto& one : what.sample > 0 ? sample_of(
                         std::move(row), static_cast<double>(what.sample)
                                             / static_cast<double>(count))
                                     : std::move(row))
      all.push_back(std::move(one));
  if (what.sample > 0)
    for (const auto& line : finds())
      if (auto one = *parse_plan(line); is_asked(what, one.family))
        all.push_back(std::move(one));
  return all;
}

void say(int to, const json::object& what) {
  auto line = json::serialize(what) + "\n";
  for (std::string_view rest = line; !rest.empty();) {
    auto done = ::write(to, rest.data(), rest.size());
    if (done <= 0)
      ::_exit(3);
    rest.remove_prefix(static_cast<std::size_t>(done));
  }
}

/// A worker's life: every `jobs`-th plan from `first` on.
[[noreturn]] void work(const std::vector<plan>& all, unsigned jobs,
                       std::size_t first, int to) {
  try {
    for (auto i = first; i < all.size(); i += jobs) {
      say(to, {{"begins", i}, {"plan", to_line(all[i])}});
      auto end = play_plan(*find_family(all[i].family), all[i], false);
      json::array broken;
      for (const auto& one : end.violations)
        broken.emplace_back(one);
      say(to, {{"ends", i}, {"faults", end.faults}, {"broken", broken}});
    }
    say(to, {{"done", true}});
  } catch (const std::exception& why) {
    say(to, {{"lost", why.what()}});
  }
  ::_exit(0);
}

/// A worker as the parent sees it.
struct worker {
  pid_t pid = 0;
  int from = -1;
  std::string partial;
  /// What it plays, and what comes after.
  std::size_t next = 0;
  std::string plays;
  bool is_done = false;
};

class gathering {
public:
  gathering(const campaign& what, std::FILE* out)
      : what_(what), out_(out), plans_(plans_of(what)) {
    for (const auto& row : all_families())
      if (is_asked(what, row.name))
        all_.families.push_back({row.name, {}});
    for (unsigned i = 0; i < what.jobs; ++i) {
      workers_.emplace_back().next = i;
      start(workers_.back());
    }
  }

  totals run() {
    while (std::ranges::any_of(workers_, &worker::is_open)) {
      std::vector<pollfd> open;
      for (auto& one : workers_)
        open.push_back({one.is_open() ? one.from : -1, POLLIN, 0});
      ::poll(open.data(), open.size(), 1000);
      for (std::size_t i = 0; i < open.size(); ++i)
        if (open[i].revents != 0)
          hear(workers_[i]);
      progress();
    }
    all_.seconds = elapsed();
    return all_;
  }

private:
  struct worker : perturb::worker {
    bool is_open() const {
      return from >= 0;
    }
  };

  double elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now()
                                         - began_)
        .count();
  }

  void start(worker& one) {
    int ends[2];
    if (::pipe(ends) != 0)
      throw std::runtime_error("no pipe to a worker");
    std::fflush(out_);
    one.pid = ::fork();
    if (one.pid == 0) {
      ::close(ends[0]);
      work(plans_, what_.jobs, one.next, ends[1]);
    }
    ::close(ends[1]);
    one.from = ends[0];
    one.partial.clear();
    one.plays.clear();
  }

  void hear(worker& one) {
    char bytes[65'536];
    auto count = ::read(one.from, bytes, sizeof bytes);
    if (count <= 0) {
      bury(one);
      return;
    }
    one.partial.append(bytes, static_cast<std::size_t>(count));
    for (auto end = one.partial.find('\n'); end != std::string::npos;
         end = one.partial.find('\n')) {
      take(one, json::parse(one.partial.substr(0, end)).as_object());
      one.partial.erase(0, end + 1);
    }
  }

  void take(worker& one, const json::object& said) {
    if (const auto* begins = said.if_contains("begins")) {
      one.next = begins->to_number<std::size_t>() + what_.jobs;
      one.plays = std::string{said.at("plan").as_string()};
    }
    if (said.contains("ends")) {
      std::vector<std::string> broken;
      for (const auto& why : said.at("broken").as_array())
        broken.emplace_back(why.as_string());
      count(one.plays, said.at("faults").to_number<unsigned>(), broken);
      one.plays.clear();
    }
    if (const auto* why = said.if_contains("lost"))
      throw std::runtime_error(std::string{why->as_string()});
    if (said.contains("done"))
      one.is_done = true;
  }

  void bury(worker& one) {
    ::close(one.from);
    one.from = -1;
    int status = 0;
    ::waitpid(one.pid, &status, 0);
    if (one.is_done)
      return;
    if (one.plays.empty())
      throw std::runtime_error("a worker ended before its first plan");
    count(one.plays, 1,
          {fmt::format("O6: the process died of signal {}",
                       WIFSIGNALED(status) ? WTERMSIG(status) : 0)});
    start(one);
  }

  void count(const std::string& line, unsigned faults,
             const std::vector<std::string>& broken) {
    auto& row = std::ranges::find(all_.families, line.substr(0, line.find(' ')),
                                  [](const auto& one) { return one.first; })
                    ->second;
    auto is_broken = broken.empty() ? 0U : 1U;
    ++row.plans;
    row.faults += faults;
    row.violations += is_broken;
    ++all_.plans;
    all_.faults += faults;
    all_.violations += is_broken;
    if (broken.empty())
      return;
    fmt::print(out_, "VIOLATION of {}\n", line);
    for (const auto& why : broken)
      fmt::print(out_, "  {}\n", why);
    fmt::print(out_, "  replay: make perturb PLAN=\"{}\"\n", line);
  }

  void progress() {
    auto now = static_cast<long>(elapsed()) / 5;
    if (now == told_)
      return;
    told_ = now;
    fmt::print(out_, "{:4.0f} s: {} of {} plans, {} faults, {} violations\n",
               elapsed(), all_.plans, plans_.size(), all_.faults,
               all_.violations);
    std::fflush(out_);
  }

  const campaign& what_;
  std::FILE* out_;
  std::vector<plan> plans_;
  totals all_;
  std::vector<worker> workers_;
  long told_ = 0;
  std::chrono::steady_clock::time_point began_
      = std::chrono::steady_clock::now();
};

} // namespace

totals play_all(const campaign& what, std::FILE* out) {
  return gathering{what, out}.run();
}

void print_table(const totals& all, std::FILE* out) {
  fmt::print(out, "\n{:<12} {:>8} {:>8} {:>11}\n", "family", "plans", "faults",
             "violations");
  for (const auto& [name, row] : all.families)
    fmt::print(out, "{:<12} {:>8} {:>8} {:>11}\n", name, row.plans, row.faults,
               row.violations);
  fmt::print(out, "{:<12} {:>8} {:>8} {:>11}   in {:.0f} s\n", "all", all.plans,
             all.faults, all.violations, all.seconds);
}

std::string to_json(const totals& all) {
  json::object families;
  for (const auto& [name, row] : all.families)
    families[name] = {{"plans", row.plans},
                      {"faults", row.faults},
                      {"violations", row.violations}};
  return json::serialize(json::object{{"plans", all.plans},
                                      {"faults", all.faults},
                                      {"violations", all.violations},
                                      {"seconds", all.seconds},
                                      {"families", families}});
}

} // namespace holystone::perturb
