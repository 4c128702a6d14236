#pragma once

// Runs the built program `holystone` as a user's shell does: arguments in,
// exit code and both outputs out. It is not for programs that talk back and
// forth; see `conversation` for that.

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace holystone::test {

/// How a run ended.
struct run_outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// A running program with pipes to its stdin, stdout and stderr.
class conversation {
public:
  explicit conversation(std::vector<std::string> arguments) {
    auto in = make_pipe();
    auto out = make_pipe();
    auto err = make_pipe();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    for (auto end : {in[0], in[1], out[0], out[1], err[0], err[1]})
      posix_spawn_file_actions_addclose(&actions, end);
    std::string program = HOLYSTONE_PROGRAM;
    std::vector<char*> argv{program.data()};
    for (auto& argument : arguments)
      argv.push_back(argument.data());
    argv.push_back(nullptr);
    auto failure = posix_spawn(&pid_, program.c_str(), &actions, nullptr,
                               argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    for (auto end : {in[0], out[1], err[1]})
      ::close(end);
    in_ = in[1];
    out_ = out[0];
    err_ = err[0];
    if (failure != 0)
      throw std::runtime_error{"cannot run " + program};
  }

  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;

  ~conversation() {
    close_input();
    ::close(out_);
    ::close(err_);
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  /// Writes to the program's stdin.
  void say(const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
      auto n = ::write(in_, text.data() + done, text.size() - done);
      if (n <= 0)
        throw std::runtime_error{"the program reads no more"};
      done += static_cast<std::size_t>(n);
    }
  }

  /// Reads one line of stdout; nothing when none comes in time.
  std::optional<std::string> line() {
    return line_of(out_);
  }

  /// The same of stderr.
  std::optional<std::string> error_line() {
    return line_of(err_);
  }

  /// Asks it to end, as Ctrl-C does.
  void interrupt() {
    ::kill(pid_, SIGINT);
  }

  void close_input() {
    if (in_ >= 0)
      ::close(std::exchange(in_, -1));
  }

  /// Closes stdin, reads everything and waits for the end.
  run_outcome finish() {
    close_input();
    run_outcome outcome;
    for (auto open = 2; open > 0;) {
      std::array<pollfd, 2> ready{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
      if (::poll(ready.data(), 2, static_cast<int>(patience.count())) <= 0)
        throw std::runtime_error{"the program does not end"};
      open = 2;
      open -= drain(ready[0], outcome.out) ? 0 : 1;
      open -= drain(ready[1], outcome.err) ? 0 : 1;
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    if (WIFEXITED(status))
      outcome.exit_code = WEXITSTATUS(status);
    return outcome;
  }

private:
  /// For what must come: enough for a busy machine and a sanitizer.
  static constexpr std::chrono::milliseconds patience{120'000};

  static std::optional<std::string> line_of(int from) {
    auto deadline = std::chrono::steady_clock::now() + patience;
    std::string text;
    while (std::chrono::steady_clock::now() < deadline) {
      pollfd ready{from, POLLIN, 0};
      if (::poll(&ready, 1, 100) <= 0)
        continue;
      char c = 0;
      if (::read(from, &c, 1) != 1)
        return std::nullopt;
      if (c == '\n')
        return text;
      text += c;
    }
    return std::nullopt;
  }

  static std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
      throw std::runtime_error{"cannot make a pipe"};
    return ends;
  }

  // False when the other end is closed.
  static bool drain(const pollfd& ready, std::string& text) {
    if ((ready.revents & (POLLIN | POLLHUP)) == 0)
      return true;
    std::array<char, 4096> chunk{};
    auto n = ::read(ready.fd, chunk.data(), chunk.size());
    if (n > 0)
      text.append(chunk.data(), static_cast<std::size_t>(n));
    return n > 0;
  }

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
};

/// Is the part in there?
inline bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Runs `holystone` with these arguments and an empty stdin.
inline run_outcome run_program(std::vector<std::string> arguments) {
  return conversation{std::move(arguments)}.finish();
}

} // namespace holystone::test
