#include "k8s_io/mover_report.hpp"
#include "mover/child_process.hpp"
#include "test/mover/repository_on_disk.hpp"

#include <csignal>
#include <thread>

#include <unistd.h>

using namespace holystone;
using namespace holystone::test;
using scheduler::failure_class;
using scheduler::mover_report;
using clock_type = std::chrono::steady_clock;

namespace {

const std::map<std::string, std::string> secret{
    {"KOPIA_PASSWORD", "the-repository-password"},
    {"KOPIA_REPOSITORY", "s3://backups/apps"},
    {"AWS_S3_ENDPOINT", "https://minio.example"},
    {"AWS_ACCESS_KEY_ID", "the-access-key"},
    {"AWS_SECRET_ACCESS_KEY", "the-secret-key"}};

/// A pod whose kopia is a script.
struct fake_pod : mover_pod {
  explicit fake_pod(const std::string& behaviour,
                    const std::map<std::string, std::string>& data = secret)
      : mover_pod(data) {
    std::filesystem::create_directory(at("fake"));
    std::filesystem::copy(HOLYSTONE_SOURCE_DIR "/test/mover/fake_kopia",
                          at("fake/kopia"));
    write_text(at("fake/behaviour"), behaviour);
    options.kopia = at("fake/kopia");
  }

  mover_report run(int exit_code) {
    REQUIRE(mover::maintain(options) == exit_code);
    const auto report = k8s_io::read_mover_report(termination_message());
    REQUIRE(report);
    return *report;
  }

  std::string seen(const std::string& name) const {
    return read_text(at("fake/" + name));
  }

  bool started() const {
    return std::filesystem::exists(at("fake/arguments"));
  }
};

/// Answers like a kopia for which all is well.
const std::string well = R"(
now=$(date -u +%Y-%m-%dT%H:%M:%S.5Z)
case "$*" in
  *"repository status"*) echo '{"uniqueIDHex":"abcd"}' ;;
  *"maintenance info"*)
    run="[{\"start\":\"$now\",\"end\":\"$now\",\"success\":true}]"
    if [ -e "$home/worked" ]; then
      runs="\"snapshot-gc\":$run,\"cleanup-logs\":$run"
    fi
    echo "{\"owner\":\"maintenance@volsync\",\"schedule\":{\"runs\":{$runs}}}" ;;
  *"run --full"*) touch "$home/worked" ;;
esac
)";

/// Sends this process a signal as soon as a file exists.
class signal_when {
public:
  signal_when(std::filesystem::path file, int number)
      : thread_([file, number, process = ::getpid()] {
          const auto deadline = clock_type::now() + std::chrono::minutes{4};
          while (!std::filesystem::exists(file) && clock_type::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
          ::kill(process, number);
        }) {
    // nop
  }
  ~signal_when() {
    thread_.join();
  }
  signal_when(const signal_when&) = delete;
  signal_when& operator=(const signal_when&) = delete;

private:
  std::thread thread_;
};

sigset_t termination() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  return set;
}

} // namespace

TEST_CASE("the mover runs kopia to a proven success") {
  fake_pod pod{well};
  const auto report = pod.run(0);
  CHECK(report.succeeded);
  CHECK(report.unique_id == "abcd");
  CHECK(report.runs.size() == 2);
}

TEST_CASE("no credential stands on a command line or in a report") {
  fake_pod pod{well};
  pod.run(0);
  const auto token = pod.seen("token");
  CHECK(token.size() > 100);
  const auto visible = pod.seen("arguments") + pod.termination_message();
  for (const auto& value : {std::string{"the-"}, token})
    CHECK(visible.find(value) == std::string::npos);
}

TEST_CASE("kopia gets only the environment that it needs") {
  ::setenv("HOLYSTONE_TEST_LEAK", "leaked", 1);
  auto data = secret;
  data["BASH_ENV"] = "/evil";
  data["LD_PRELOAD"] = "/evil";
  fake_pod pod{well, data};
  pod.options.ca_file = "/customCA/ca.crt";
  pod.run(0);
  ::unsetenv("HOLYSTONE_TEST_LEAK");
  const auto environment = pod.seen("environment");
  CHECK(environment.find("KOPIA_PASSWORD=the-repository-password\n")
        != std::string::npos);
  CHECK(environment.find("SSL_CERT_FILE=/customCA/ca.crt\n")
        != std::string::npos);
  for (const char* alien :
       {"LEAK", "BASH_ENV", "LD_PRELOAD", "the-access-key", "the-secret-key"})
    CHECK(environment.find(alien) == std::string::npos);
}

TEST_CASE("kopia finds the way out of the cluster that the pod was given") {
  fake_pod pod{well};
  const std::vector<std::string> names{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
                                       "http_proxy", "https_proxy", "no_proxy"};
  for (const auto& name : names)
    ::setenv(name.c_str(), ("value-of-" + name).c_str(), 1);
  pod.run(0);
  for (const auto& name : names)
    ::unsetenv(name.c_str());
  for (const auto& name : names)
    CHECK_THAT(pod.seen("environment"),
               Catch::Contains(name + "=value-of-" + name + "\n"));
}

TEST_CASE("every call keeps kopia from maintaining on its own (A-3)") {
  fake_pod pod{well};
  pod.run(0);
  const auto arguments = pod.seen("arguments");
  std::size_t calls = 0;
  std::size_t flags = 0;
  for (auto at = arguments.find("\n--\n"); at != std::string::npos;
       at = arguments.find("\n--\n", at + 1))
    ++calls;
  for (auto at = arguments.find("--no-auto-maintenance\n");
       at != std::string::npos;
       at = arguments.find("--no-auto-maintenance\n", at + 1))
    ++flags;
  CHECK(calls == 10);
  CHECK(flags == calls);
  CHECK(arguments.find("repository\ncreate") == std::string::npos);
}

TEST_CASE("without the operator's ticket nothing is started (A-10)") {
  fake_pod pod{well};
  SECTION("no ticket") {
    pod.options.admitted = "";
  }
  SECTION("neither ticket nor Job") {
    pod.options.admitted = pod.options.controller_uid = "";
  }
  SECTION("another Job's ticket") {
    pod.options.admitted = "another-uid";
  }
  CHECK(pod.run(1).why == failure_class::not_admitted);
  CHECK_FALSE(pod.started());
}

TEST_CASE("with admission switched off no ticket is needed") {
  fake_pod pod{well};
  pod.options.admitted = pod.options.controller_uid = "";
  pod.options.needs_ticket = false;
  CHECK(pod.run(0).succeeded);
}

TEST_CASE("a Secret that was edited to another place stops the run (A-4)") {
  fake_pod pod{well};
  write_text(pod.at("credentials/KOPIA_REPOSITORY"), "s3://backups/other");
  const auto report = pod.run(1);
  CHECK(report.why == failure_class::location_changed);
  CHECK(report.message.find("s3://backups/other/") != std::string::npos);
  CHECK_FALSE(pod.started());
}

TEST_CASE("a Secret that lost a key stops the run and names the key") {
  fake_pod pod{well};
  std::filesystem::remove(pod.at("credentials/AWS_SECRET_ACCESS_KEY"));
  const auto report = pod.run(1);
  CHECK(report.why == failure_class::authentication);
  CHECK(report.message.find("AWS_SECRET_ACCESS_KEY") != std::string::npos);
  CHECK_FALSE(pod.started());
}

TEST_CASE("credentials are read once, whatever happens to the mount (A-4)") {
  fake_pod pod{well + "rm -f \"$home\"/../credentials/*\n"};
  CHECK(pod.run(0).succeeded);
}

TEST_CASE("a secret that kopia prints does not reach the report") {
  fake_pod pod{"echo 'key the-secret-key, invalid repository password' >&2\n"
               "exit 1\n"};
  const auto report = pod.run(1);
  CHECK(report.why == failure_class::authentication);
  CHECK(report.message.find("key ***") != std::string::npos);
}

TEST_CASE("a kopia that is not there is a failure with a report") {
  fake_pod pod{well};
  pod.options.kopia = pod.at("nothing");
  CHECK(pod.run(1).message.find("could not be started") != std::string::npos);
}

TEST_CASE("the deadline ends kopia by the mover's own clock (A-5)") {
  fake_pod pod{"sleep 100\n"};
  pod.options.deadline = std::chrono::seconds{1};
  CHECK(pod.run(1).why == failure_class::timeout);
}

TEST_CASE("SIGTERM ends kopia and the run as failed (A-26)") {
  fake_pod pod{"trap 'touch \"$home/terminated\"; exit 143' TERM\n"
               "touch \"$home/running\"\n"
               "while :; do sleep 0.1; done\n"};
  // The thread must not take the signal that is meant for the runner.
  const auto set = termination();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  {
    signal_when stop{pod.at("fake/running"), SIGTERM};
    const auto report = pod.run(128 + SIGTERM);
    CHECK_FALSE(report.succeeded);
    CHECK(report.message.find("SIGTERM") != std::string::npos);
    CHECK(std::filesystem::exists(pod.at("fake/terminated")));
  }
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

TEST_CASE("SIGTERM between two commands is not lost") {
  fake_pod pod{"kill -TERM $PPID\n" + well};
  CHECK(pod.run(128 + SIGTERM).succeeded == false);
}

TEST_CASE("a child that writes without end is read within bounds") {
  fake_pod pod{""};
  mover::child_order order;
  order.program = "/bin/sh";
  order.log_to = -1;
  order.arguments = {"-c", "head -c 20000000 /dev/zero; "
                           "head -c 1000000 /dev/zero >&2; echo end >&2"};
  mover::child_runner runner;
  const auto outcome
      = runner.run(order, clock_type::now() + std::chrono::seconds{60});
  CHECK(outcome.succeeded());
  CHECK(outcome.output.size() == 8 << 20);
  CHECK(outcome.errors.size() <= 64 << 10);
  CHECK(outcome.errors.ends_with("end\n"));
}

TEST_CASE("a grandchild that holds the pipes does not hold the mover") {
  // A session of its own, which no signal to the child's group reaches.
  fake_pod pod{""};
  write_text(pod.at("grandchild"), "echo $$ > at\nsleep 100\ntouch ended\n");
  write_text(pod.at("child"), "cd \"$(dirname \"$0\")\" && mkfifo at\n"
                              "setsid sh ./grandchild &\n"
                              "read started < at\necho $started\nexit 3\n");
  mover::child_order order;
  order.program = "/bin/sh";
  order.log_to = -1;
  order.arguments = {pod.at("child")};
  mover::child_runner runner;
  const auto outcome
      = runner.run(order, clock_type::now() + std::chrono::seconds{60});
  CHECK(outcome.exit_code == 3);
  CHECK_FALSE(std::filesystem::exists(pod.at("ended")));
  CHECK(::kill(-std::stoi(outcome.output), SIGKILL) == 0);
}

TEST_CASE("a child that ignores SIGTERM is killed after its grace") {
  mover::child_order order;
  order.program = "/bin/sh";
  order.log_to = -1;
  order.arguments
      = {"-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"};
  mover::child_runner runner;
  mover::kopia_outcome outcome;
  // On a busy machine it may be ended before it has begun to ignore anything.
  for (std::chrono::milliseconds lasts{300}; outcome.output.empty();
       lasts *= 4) {
    REQUIRE(lasts < std::chrono::minutes{1});
    outcome = runner.run(order, clock_type::now() + lasts);
  }
  CHECK(outcome.timed_out);
  CHECK(outcome.signal == SIGKILL);
}
