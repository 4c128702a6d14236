#include "mover/child_process.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace holystone::mover {

namespace {

/// `maintenance info --json` of 50 records for each of 16 tasks is 250 KB.
constexpr std::size_t most_output = 8 << 20;
constexpr std::size_t most_errors = 64 << 10;

/// kopia dies at once on SIGTERM; its rclone may need a moment.
constexpr std::chrono::seconds grace{10};

/// How long a grandchild may hold the pipes of a child that has ended.
constexpr std::chrono::seconds drain{1};

[[noreturn]] void broken(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class descriptor {
public:
  explicit descriptor(int fd = -1) : fd_(fd) {
    // nop
  }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {
    // nop
  }
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() {
    close();
  }
  int get() const {
    return fd_;
  }
  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

private:
  int fd_;
};

struct pipe_ends {
  descriptor read;
  descriptor write;
};

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    broken("pipe");
  return {descriptor{ends[0]}, descriptor{ends[1]}};
}

void unblock(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/// Argument and environment vectors as the kernel wants them.
class exec_vectors {
public:
  explicit exec_vectors(const child_order& order) {
    text_.push_back(order.program);
    text_.insert(text_.end(), order.arguments.begin(), order.arguments.end());
    arguments_ = text_.size();
    for (const auto& [name, value] : order.environment)
      text_.push_back(name + "=" + std::string{value.reveal()});
    for (std::size_t i = 0; i < text_.size(); ++i)
      (i < arguments_ ? argv_ : envp_).push_back(text_[i].data());
    argv_.push_back(nullptr);
    envp_.push_back(nullptr);
  }
  ~exec_vectors() {
    for (auto& text : text_)
      ::explicit_bzero(text.data(), text.size());
  }
  exec_vectors(const exec_vectors&) = delete;
  exec_vectors& operator=(const exec_vectors&) = delete;
  char** argv() {
    return argv_.data();
  }
  char** envp() {
    return envp_.data();
  }

private:
  std::vector<std::string> text_;
  std::size_t arguments_ = 0;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

/// Starts the program in a process group of its own, so that a signal reaches
/// what kopia starts (rclone) as well. Returns 0 if it cannot be started.
pid_t spawn(const child_order& order, int in, int out, int err) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in, 0);
  posix_spawn_file_actions_adddup2(&files, out, 1);
  posix_spawn_file_actions_adddup2(&files, err, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  exec_vectors vectors{order};
  pid_t child = 0;
  const int failed
      = ::posix_spawnp(&child, order.program.c_str(), &files, &attributes,
                       vectors.argv(), vectors.envp());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failed == 0 ? child : 0;
}

/// Reads what is there; false at the end of the stream.
bool drain_into(int fd, std::string& into) {
  std::array<char, 16384> buffer{};
  for (;;) {
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else {
      return got < 0 && errno == EAGAIN;
    }
  }
}

/// The conversation with one child.
class child {
public:
  using clock = child_runner::clock;

  child(const child_order& order, kopia_outcome& outcome)
      : outcome_(outcome), left_(order.input.reveal()),
        shown_(order.credentials), log_to_(order.log_to) {
    auto in = make_pipe();
    auto out = make_pipe();
    auto err = make_pipe();
    pid_ = spawn(order, in.read.get(), out.write.get(), err.write.get());
    outcome_.started = pid_ != 0;
    in_ = std::move(in.write);
    out_ = std::move(out.read);
    err_ = std::move(err.read);
    for (const auto* end : {&in_, &out_, &err_})
      unblock(end->get());
    write_input();
  }

  ~child() {
    if (pid_ != 0) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  bool running() const {
    return pid_ != 0;
  }

  bool silent() const {
    return out_.get() < 0 && err_.get() < 0;
  }

  void signal(int number) const {
    if (pid_ != 0)
      ::kill(-pid_, number);
  }

  void reap() {
    int status = 0;
    if (pid_ == 0 || ::waitpid(pid_, &status, WNOHANG) != pid_)
      return;
    ::kill(-pid_, SIGKILL);
    pid_ = 0;
    outcome_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  void wait(int signals, std::chrono::milliseconds patience) {
    std::array<pollfd, 4> ready{{{signals, POLLIN, 0},
                                 {out_.get(), POLLIN, 0},
                                 {err_.get(), POLLIN, 0},
                                 {in_.get(), POLLOUT, 0}}};
    ::poll(ready.data(), ready.size(), static_cast<int>(patience.count()));
    if (ready[1].revents != 0 && !drain_into(out_.get(), outcome_.output))
      out_.close();
    std::string heard;
    if (ready[2].revents != 0 && !drain_into(err_.get(), heard))
      err_.close();
    show(shown_.take(heard));
    if (ready[3].revents != 0)
      write_input();
    if (outcome_.output.size() > most_output)
      outcome_.output.resize(most_output);
  }

  /// Nothing more is read.
  void finish() {
    show(shown_.finish());
  }

private:
  void show(const std::string& errors) {
    if (log_to_ >= 0 && ::write(log_to_, errors.data(), errors.size()) < 0)
      log_to_ = -1;
    outcome_.errors += errors;
    if (outcome_.errors.size() > most_errors)
      outcome_.errors.erase(0, outcome_.errors.size() - most_errors);
  }

  void write_input() {
    while (!left_.empty()) {
      const auto sent = ::write(in_.get(), left_.data(), left_.size());
      if (sent < 0 && errno == EAGAIN)
        return;
      if (sent < 0)
        break;
      left_.remove_prefix(static_cast<std::size_t>(sent));
    }
    in_.close();
  }

  kopia_outcome& outcome_;
  std::string_view left_;
  redacted_stream shown_;
  int log_to_;
  pid_t pid_ = 0;
  descriptor in_;
  descriptor out_;
  descriptor err_;
};

} // namespace

child_runner::child_runner() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGTERM, SIGINT, SIGCHLD})
    sigaddset(&wanted, number);
  // A child that closes its standard input must not end us.
  std::signal(SIGPIPE, SIG_IGN);
  if (::sigprocmask(SIG_BLOCK, &wanted, &previous_) != 0)
    broken("sigprocmask");
  signals_ = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ < 0)
    broken("signalfd");
}

child_runner::~child_runner() {
  ::close(signals_);
  ::sigprocmask(SIG_SETMASK, &previous_, nullptr);
}

void child_runner::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) == sizeof info)
    if (info.ssi_signo != SIGCHLD)
      stopped_ = true;
}

kopia_outcome child_runner::run(const child_order& order,
                                clock::time_point deadline) {
  kopia_outcome outcome;
  read_signals();
  outcome.stopped = stopped_;
  outcome.timed_out = clock::now() >= deadline;
  if (outcome.stopped || outcome.timed_out)
    return outcome;
  child process{order, outcome};
  auto until = deadline;
  bool ending = false;
  while (process.running() || !process.silent()) {
    const auto left
        = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    const std::chrono::milliseconds longest{60'000};
    process.wait(signals_, std::clamp(left, left.zero(), longest));
    read_signals();
    const bool was_running = process.running();
    process.reap();
    const auto now = clock::now();
    if (!process.running()) {
      if (was_running)
        until = now + drain;
      else if (now >= until)
        break;
    } else if (!ending && (stopped_ || now >= until)) {
      outcome.stopped = stopped_;
      outcome.timed_out = !stopped_;
      process.signal(SIGTERM);
      until = now + grace;
      ending = true;
    } else if (ending && now >= until) {
      process.signal(SIGKILL);
      until = now + grace;
    }
  }
  process.finish();
  return outcome;
}

} // namespace holystone::mover
