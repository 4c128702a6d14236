// The yardstick of `make bench`: a client that knows beforehand what to write
// and writes it, 20 requests in flight, through the operator's own transport
// and with the operator's own manifests. It watches nothing, reads nothing and
// decides nothing. It also makes the objects that the operator is to serve.
// Called by test/bench/run; KIND is replicationsources or kopiamaintenances:
//
//   plain_client claimants KIND KUBECONFIG NAMESPACE COUNT SCHEDULE
//   plain_client writes KIND KUBECONFIG NAMESPACE SECRETS CRON_JOBS STATUSES
//
// Both print the seconds from the first request to the last answer.

#include "k8s_io/manifests.hpp"
#include "k8s_io/secret_content.hpp"
#include "k8s_io/status_requests.hpp"
#include "k8s_io/transport.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace json = boost::json;
using namespace holystone;
using namespace holystone::k8s_io;

namespace {

constexpr unsigned requests_in_flight = 20;

std::string numbered(std::string_view prefix, std::size_t number) {
  return fmt::format("{}-{:05}", prefix, number);
}

// -- what the operator finds --------------------------------------------------

secret_data credentials_of(std::size_t number) {
  secret_data content;
  content["KOPIA_REPOSITORY"] = secret_bytes{
      fmt::format("s3://{}/backups", numbered("bucket", number))};
  content["KOPIA_PASSWORD"] = secret_bytes{"correct horse battery staple"};
  content["AWS_ACCESS_KEY_ID"] = secret_bytes{"AKIAIOSFODNN7EXAMPLE"};
  content["AWS_SECRET_ACCESS_KEY"]
      = secret_bytes{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
  content["AWS_S3_ENDPOINT"] = secret_bytes{"https://s3.example.com"};
  return content;
}

request create(const resource& kind, std::string_view ns, std::string name,
               json::object object) {
  request what;
  what.what = verb::create;
  what.kind = kind;
  what.ns = ns;
  what.name = name;
  object["apiVersion"] = kind.group.empty()
                             ? std::string{kind.version}
                             : fmt::format("{}/{}", kind.group, kind.version);
  object["kind"] = kind.kind;
  object["metadata"] = {{"name", name}, {"namespace", ns}};
  what.body = json::serialize(object);
  return what;
}

request create_secret(std::string_view ns, std::size_t number) {
  json::object data;
  for (const auto& [key, bytes] : credentials_of(number))
    data[key] = bytes.reveal();
  return create(resources::secrets, ns, numbered("repository", number),
                {{"type", "Opaque"}, {"stringData", std::move(data)}});
}

request create_source(std::string_view ns, std::size_t number,
                      std::string_view schedule) {
  return create(resources::replication_sources, ns, numbered("data", number),
                {{"spec",
                  {{"sourcePVC", "data"},
                   {"kopia",
                    {{"repository", numbered("repository", number)},
                     {"maintenanceCronJob", {{"schedule", schedule}}}}}}}});
}

request create_maintenance(std::string_view ns, std::size_t number,
                           std::string_view schedule) {
  return create(
      resources::kopia_maintenances, ns, numbered("data", number),
      {{"spec",
        {{"repository", {{"repository", numbered("repository", number)}}},
         {"trigger", {{"schedule", schedule}}}}}});
}

// -- what the operator writes -------------------------------------------------

repository_id id_of(std::size_t number) {
  return {fmt::format("{:016x}", number)};
}

claim_key key_of(claim_kind kind, const std::string& ns, std::size_t number) {
  return {kind, {ns, numbered("data", number)}};
}

request write_secret(const std::string& ns, std::size_t number) {
  write_copy copy;
  copy.source.key = {ns, numbered("repository", number)};
  auto name = copy_name(copy.source, id_of(number).hex, false);
  auto what = copy_request(copy, id_of(number).hex, ns, name,
                           {"6f1b9d0c-3a57-4e0e-9d8e-5d2b7c6a1f00"}, "1",
                           credentials_of(number));
  if (!what)
    throw std::runtime_error(what.why().message);
  return *what;
}

std::string cron_job_of(claim_kind kind, const std::string& ns,
                        std::size_t number) {
  return kind == claim_kind::replication_source
             ? cron_job_name(id_of(number), maintenance_kind::full)
             : maintenance_cron_job_name(key_of(kind, ns, number).object,
                                         maintenance_kind::full);
}

request write_cron_job(claim_kind kind, const std::string& ns,
                       std::size_t number) {
  cron_job_intent wanted;
  wanted.id = id_of(number);
  wanted.location_id = wanted.id;
  wanted.key = {ns, cron_job_of(kind, ns, number)};
  wanted.location = fmt::format(
      R"({{"backend":"s3","bucket":"{}","endpoint":"s3.example.com",)"
      R"("prefix":"backups/"}})",
      numbered("bucket", number));
  wanted.schedule = wanted.settings.schedule;
  wanted.winner = key_of(kind, ns, number);
  wanted.namespaces = {ns};
  wanted.known_identities
      = {fmt::format("{}@{}", numbered("data", number), ns)};
  wanted.credentials = "maintenance-" + numbered("repository", number);
  wanted.effective_since = instant{std::chrono::seconds{1'700'000'000}};
  auto mover = std::make_shared<mover_settings>();
  mover->image = "local/holystone:bench";
  auto what = std::make_shared<apply_cron_job>();
  what->wanted = std::move(wanted);
  auto call = k8s_io::apply(std::move(what), std::move(mover));
  // It knows beforehand what to write, to the last byte.
  call.body = call.body.text();
  return call;
}

request write_status_of(claim_kind kind, const std::string& ns,
                        std::size_t number) {
  instant now{std::chrono::seconds{1'700'000'000}};
  write_status what;
  what.who = key_of(kind, ns, number);
  auto& status = what.status;
  status.next_maintenance = now;
  status.cron_job = cron_job_of(kind, ns, number);
  status.observed_generation = 1;
  status.ready = true;
  status.reason = "Scheduled";
  status.message = fmt::format("CronJob {} maintains this repository with the "
                               "schedule '0 2 * * *' of {}",
                               status.cron_job, to_string(what.who));
  what.since = now;
  if (kind == claim_kind::kopia_maintenance) {
    status.standalone = standalone_status{"0 2 * * *", now, {}, {}};
    for (auto type : standalone_types)
      status.conditions.push_back(
          {std::string{type}, "Reason", {}, now, false});
  }
  auto write = tell_status(what);
  // The plain client reads nothing, so it knows no UID to test for.
  if (write.what == verb::json_patch) {
    auto steps = boost::json::parse(write.body.text()).as_array();
    steps.erase(steps.begin());
    write.body = boost::json::serialize(steps);
  }
  return write;
}

// -- sending ------------------------------------------------------------------

/// Counts answers; the first that is not a success ends the program.
class tally {
public:
  void take(const request& what, const response& answer) {
    std::lock_guard hold{mutex_};
    if (!answer.ok() && failure_.empty())
      failure_ = describe(what, answer);
    ++answered_;
    changed_.notify_one();
  }

  void wait_for(std::size_t answers) {
    std::unique_lock hold{mutex_};
    changed_.wait(hold, [&] { return answered_ == answers; });
    if (!failure_.empty())
      throw std::runtime_error(failure_);
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t answered_ = 0;
  std::string failure_;
};

double send(const std::string& kubeconfig, const std::vector<request>& all) {
  auto sources = find_credentials(kubeconfig);
  if (!sources)
    throw std::runtime_error(sources.why().message);
  auto now = std::chrono::steady_clock::now();
  auto who = credentials::load(std::move(*sources), now);
  if (!who)
    throw std::runtime_error(who.why().message);
  transport_limits limits;
  limits.in_flight = requests_in_flight;
  limits.queue = all.size();
  tally counted;
  transport net{std::move(*who), limits};
  auto began = std::chrono::steady_clock::now();
  for (const auto& what : all)
    net.submit(what, [&](response answer) { counted.take(what, answer); });
  counted.wait_for(all.size());
  return std::chrono::duration<double>{std::chrono::steady_clock::now() - began}
      .count();
}

std::size_t number_in(const char* text) {
  char* end = nullptr;
  auto number = std::strtoul(text, &end, 10);
  if (end == text || *end != '\0')
    throw std::runtime_error(fmt::format("'{}' is not a number", text));
  return number;
}

claim_kind kind_in(const std::string& text) {
  if (text == resources::replication_sources.plural)
    return claim_kind::replication_source;
  if (text == resources::kopia_maintenances.plural)
    return claim_kind::kopia_maintenance;
  throw std::runtime_error(fmt::format("'{}' is no kind of claimants", text));
}

std::vector<request> claimants(claim_kind kind, const std::string& ns,
                               std::size_t count, std::string_view schedule) {
  auto make = kind == claim_kind::replication_source ? create_source
                                                     : create_maintenance;
  std::vector<request> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(create_secret(ns, i));
    all.push_back(make(ns, i, schedule));
  }
  return all;
}

/// In the operator's order: object by object, not kind by kind.
std::vector<request> writes(claim_kind kind, const std::string& ns,
                            std::size_t secrets, std::size_t cron_jobs,
                            std::size_t statuses) {
  std::vector<request> all;
  for (std::size_t i = 0; i < std::max({secrets, cron_jobs, statuses}); ++i) {
    if (i < secrets)
      all.push_back(write_secret(ns, i));
    if (i < cron_jobs)
      all.push_back(write_cron_job(kind, ns, i));
    if (i < statuses)
      all.push_back(write_status_of(kind, ns, i));
  }
  return all;
}

} // namespace

int main(int argc, char** argv) {
  try {
    std::vector<std::string> given{argv + 1, argv + argc};
    if (given.size() == 6 && given[0] == "claimants")
      fmt::print("{:.3f}\n",
                 send(given[2], claimants(kind_in(given[1]), given[3],
                                          number_in(argv[5]), given[5])));
    else if (given.size() == 7 && given[0] == "writes")
      fmt::print(
          "{:.3f}\n",
          send(given[2], writes(kind_in(given[1]), given[3], number_in(argv[5]),
                                number_in(argv[6]), number_in(argv[7]))));
    else
      throw std::runtime_error("see the head of plain_client.cpp for usage");
    return 0;
  } catch (const std::exception& why) {
    fmt::print(stderr, "plain_client: {}\n", why.what());
    return 1;
  }
}
