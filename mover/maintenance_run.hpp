#pragma once

// One maintenance run as a step machine without I/O: given how the last kopia
// command ended and what time it is, it names the next command or hands out
// the report. So a test can fail every command in every way. It knows what to
// run and what counts as success; mover/maintain.cpp starts the processes.
//
//   connect, status, info -> ownership -> quick, full, verify -> info, counts

#include "mover/failure.hpp"
#include "mover/kopia_output.hpp"
#include "mover/maintain.hpp"

#include <set>
#include <string>
#include <variant>
#include <vector>

namespace holystone::mover {

/// What a kopia process is to be started with.
struct kopia_command {
  /// Without the flags that every call has.
  std::vector<std::string> arguments;
  /// The connection token goes to standard input.
  bool needs_token = false;
  /// Kopia's counters are wanted afterwards.
  bool wants_metrics = false;
};

/// Either go on with a command, or the run is over.
using next_step = std::variant<kopia_command, scheduler::mover_report>;

/// Our own identity in every repository.
inline constexpr std::string_view own_identity = "maintenance@volsync";

/// What is to be done about a repository's owner.
enum class ownership { ours, take, refuse, ask_age };

/// The start of a full run that left no closing record: kopia advances its
/// next time before the work (K-04), so a run that goes on, or was killed,
/// shows by that. One that would begin after `now` is only planned.
std::optional<instant> open_full_run(const maintenance_state& state,
                                     instant now);

/// Decides by the contract's rules: our own is refused while somebody else of
/// our identity may be in the middle of a full run; nobody's and known
/// clients' repositories are taken, a stranger's by `takeover`. `created` is
/// the age of a repository without records; without it `ask_age` may be the
/// answer.
ownership decide_ownership(const maintenance_state& state,
                           const maintain_options& options,
                           std::optional<instant> created, instant now);

/// The steps of one run.
class maintenance_run {
public:
  maintenance_run(const maintain_options& options, instant start);

  /// The first command.
  kopia_command begin() const;

  /// Takes how the command ended.
  next_step step(const kopia_outcome& outcome, instant now);

private:
  enum class stage {
    connect,
    status,
    info,
    age,
    take,
    quick,
    full,
    verify,
    proof,
    blobs,
    index_blobs,
    contents,
  };

  next_step on_connected();
  next_step on_info(const kopia_outcome& outcome, instant now);
  next_step on_age(const kopia_outcome& outcome, instant now);
  next_step on_ownership(ownership decision, instant now);
  next_step start_work();
  next_step on_quick(const kopia_outcome& outcome);
  next_step on_full(const kopia_outcome& outcome);
  next_step on_verified(const kopia_outcome& outcome);
  next_step on_proof(const kopia_outcome& outcome, instant now);
  next_step on_count(const kopia_outcome& outcome, instant now);

  next_step go(stage to, std::vector<std::string> arguments);
  next_step work(stage to, std::vector<std::string> arguments);
  void count_cache(const kopia_outcome& outcome);
  void note_failure(const kopia_outcome& outcome, std::string_view doing,
                    scheduler::failure_class otherwise
                    = scheduler::failure_class::unknown);
  void fail(scheduler::failure_class why, std::string message);
  next_step finish(instant now);

  maintain_options options_;
  stage stage_ = stage::connect;
  maintenance_state before_;
  std::string quick_trouble_;
  scheduler::mover_report report_;
};

} // namespace holystone::mover
