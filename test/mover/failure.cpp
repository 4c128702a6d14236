#include "mover/failure.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <set>
#include <vector>

using namespace holystone;
using namespace holystone::mover;
using scheduler::failure_class;

namespace {

kopia_outcome failed(std::string errors) {
  kopia_outcome outcome;
  outcome.exit_code = 1;
  outcome.errors = std::move(errors);
  return outcome;
}

struct row {
  failure_class why;
  /// Standard error as kopia 0.22.3 wrote it, paths shortened.
  const char* errors;
};

// Provoked with a filesystem repository, one on versitygw 1.8.0, a WebDAV
// server that refuses all, and credentials that can't be read.
const std::vector<row> provoked{
    {failure_class::authentication,
     "failed to open repository: unable to create format manager: invalid "
     "repository password\nerror connecting to repository: unable to create "
     "format manager: invalid repository password\n"},
    {failure_class::authentication,
     "can't connect to storage: error retrieving storage config from bucket "
     "\"bucket1\": The request signature we calculated does not match the "
     "signature you provided. Check your key and signing method.\n"},
    {failure_class::authentication,
     "can't connect to storage: invalid token: unable to decode token\n"},
    {failure_class::authentication,
     "error connecting to repository: unable to read format blob: unable to "
     "complete GetBlob(kopia.repository,0,-1) despite 10 retries: error "
     "determining sharded path: error getting sharding parameters for "
     "storage: ReadStream .shards: Authorize .shards: 401\n"},
    {failure_class::permission,
     "error connecting to repository: unable to read format blob: unable to "
     "complete GetBlob(kopia.repository,0,-1) despite 10 retries: error "
     "determining sharded path: error getting sharding parameters for "
     "storage: ReadStream .shards: 403\n"},
    {failure_class::authentication,
     "can't connect to storage: unable to create GCS client: dialing: auth: "
     "email must be provided\n"},
    {failure_class::authentication,
     "can't connect to storage: opening azure service: unable to initialize "
     "storage access key credentials: decode account key: illegal base64 data "
     "at input byte 3\n"},
    {failure_class::authentication,
     "can't connect to storage: unable to open SFTP storage: error "
     "establishing connecting: unable to getSigner: error parsing private "
     "key: ssh: no key found\n"},
    {failure_class::not_found,
     "error connecting to repository: repository not initialized in the "
     "provided storage\n"},
    {failure_class::not_found,
     "can't connect to storage: cannot access storage path: stat /nothere: no "
     "such file or directory\n"},
    {failure_class::network,
     "can't connect to storage: error retrieving storage config from bucket "
     "\"bucket1\": Get \"http://127.0.0.1:1/bucket1/?location=\": dial tcp "
     "127.0.0.1:1: connect: connection refused\n"},
    {failure_class::network,
     "can't connect to storage: error retrieving storage config from bucket "
     "\"bucket1\": Get \"https://127.0.0.1:17070/bucket1/?location=\": http: "
     "server gave HTTP response to HTTPS client\n"},
    {failure_class::network,
     "can't connect to storage: error retrieving storage config from bucket "
     "\"bucket1\": Get \"http://nothere.invalid/bucket1/?location=\": dial "
     "tcp: lookup nothere.invalid on 10.0.0.53:53: no such host\n"},
    {failure_class::ownership,
     "maintenance must be run by designated user: someone@else\n"},
    {failure_class::read_only,
     "unable to write diagnostics blob: storage is read-only\nnot running "
     "maintenance on read-only repository connection\n"},
    {failure_class::read_only,
     "unable to write diagnostics blob: x\nerror updating maintenance "
     "schedule: unable to complete PutBlobInPath:/rom/kopia.maintenance.f "
     "despite 10 retries: cannot create temporary file: open "
     "/rom/kopia.maintenance.f.tmp.6705: read-only file system\n"},
    {failure_class::permission,
     "error updating maintenance schedule: unable to complete "
     "PutBlobInPath:/r2/kopia.maintenance.f despite 10 retries: cannot create "
     "temporary file: open /r2/kopia.maintenance.f.tmp.eb3f: permission "
     "denied\n"},
    {failure_class::permission,
     "error connecting to repository: unable to read format blob: error "
     "determining sharded path: error getting sharding parameters for "
     "storage: unable to complete GetBlobFromPath:/r2/.shards despite 10 "
     "retries: open /r2/.shards: permission denied\n"},
    {failure_class::corrupt,
     "missingPack\t{\"packID\":\"p7f66d5033f5a1e928dee0eff36ae482d\"}\nverify "
     "contents: encountered 47 errors: the repository is corrupted, it is "
     "missing pack blobs with index-referenced content\n"},
    {failure_class::corrupt,
     "open repository: unable to open repository: unable to create shared "
     "content manager: error loading indexes: error downloading indexes: "
     "error loading index blob xn0_ae8c: decrypt blob: error decrypting BLOB "
     "xn0_ae8c: unable to decrypt content: cipher: message authentication "
     "failed\n"},
    {failure_class::corrupt,
     "error connecting to repository: invalid format blob: invalid character "
     "'g' looking for beginning of value\n"},
    {failure_class::corrupt,
     "error updating maintenance schedule: error getting schedule: invalid "
     "schedule blob"},
    {failure_class::corrupt,
     "error getting cached content from blob \"q66fa\": failed to get blob "
     "with ID q66fa: BLOB not found\nunable to send notification\t{\"err\":"
     "\"permission denied\"}\n"},
};

// Known from kopia's sources and from its issues, not provoked here.
const std::vector<row> read_of{
    {failure_class::clock_skew,
     "error checking for clock skew: clock skew detected: local clock is out "
     "of sync with repository timestamp by more than allowed 5m0s (local: a "
     "repository: b skew: 1h). Refusing to run maintenance.\n"},
    {failure_class::clock_skew,
     "The difference between the request time and the server's time is too "
     "large. RequestTimeTooSkewed\n"},
    {failure_class::authentication,
     "The AWS Access Key Id you provided does not exist in our records.\n"},
    {failure_class::permission, "error writing pack: Access Denied.\n"},
    {failure_class::permission,
     "googleapi: Error 403: kopia@shop.iam.gserviceaccount.com does not have "
     "storage.objects.get access to the Google Cloud Storage object., "
     "forbidden\n"},
    {failure_class::cache_full,
     "error writing to cache: write /cache/contents/x: no space left on "
     "device\n"},
    {failure_class::network, "x509: certificate signed by unknown authority\n"},
    {failure_class::out_of_memory, "fatal error: runtime: out of memory\n"},
};

} // namespace

TEST_CASE("errors that a real kopia made have the right class") {
  for (const auto& row : provoked) {
    INFO(row.errors);
    CHECK(to_string(classify(failed(row.errors))) == to_string(row.why));
  }
}

TEST_CASE("errors that kopia is known for have the right class") {
  for (const auto& row : read_of) {
    INFO(row.errors);
    CHECK(to_string(classify(failed(row.errors))) == to_string(row.why));
  }
}

TEST_CASE("K-03: a clock that differs is told apart from other trouble") {
  const auto skewed = failed(read_of.front().errors);
  CHECK(classify(skewed) == failure_class::clock_skew);
  CHECK(hint_of(failure_class::clock_skew).find("clock")
        != std::string_view::npos);
}

TEST_CASE("how the process ended counts before what it wrote") {
  auto outcome = failed("permission denied");
  outcome.exit_code = -1;
  outcome.signal = SIGKILL;
  CHECK(classify(outcome) == failure_class::out_of_memory);
  outcome.timed_out = true;
  CHECK(classify(outcome) == failure_class::timeout);
  outcome = failed("permission denied");
  outcome.stopped = true;
  CHECK(classify(outcome) == failure_class::unknown);
  outcome = {};
  outcome.errors = "permission denied";
  CHECK(classify(outcome) == failure_class::none);
  outcome.started = false;
  CHECK(classify(outcome) == failure_class::unknown);
}

TEST_CASE("hexadecimal names of blobs are not read as errors") {
  CHECK(classify(failed("unable to rewrite content 401403clock404\n"))
        == failure_class::unknown);
}

TEST_CASE("the line that is shown is short and says why") {
  CHECK(last_line("one\ntwo\r\n\n") == "two");
  CHECK(last_line("cause\nunable to send notification\t{}\n") == "cause");
  CHECK(last_line(std::string(5000, 'x')).size() == 300);
  CHECK(last_line("").empty());
  CHECK(last_line("\n \n").empty());
}

TEST_CASE("every class has a name, a sentence and a hint") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(failure_class::unknown); ++i) {
    const auto why = static_cast<failure_class>(i);
    names.insert(to_string(why));
    CHECK(scheduler::parse_failure_class(to_string(why)) == why);
    CHECK(sentence_of(why).ends_with('.'));
    if (why != failure_class::none)
      CHECK(hint_of(why).ends_with('.'));
  }
  CHECK(names.size() == 15);
  CHECK(scheduler::parse_failure_class("anything") == failure_class::unknown);
}
