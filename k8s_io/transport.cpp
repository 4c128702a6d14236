#include "k8s_io/transport.hpp"

#include "k8s_io/command_queue.hpp"
#include "k8s_io/transfer.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <map>
#include <new>
#include <stdexcept>
#include <thread>

namespace holystone::k8s_io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto stopped = "the transport was shut down";

CURLM* make_multi() {
  static const auto is_ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto* made = is_ready == CURLE_OK ? curl_multi_init() : nullptr;
  if (!made)
    throw std::runtime_error{"libcurl cannot be initialised"};
  return made;
}

transfer* transfer_of(CURL* easy) {
  char* found = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &found);
  return reinterpret_cast<transfer*>(found);
}

} // namespace

// Members belong to the loop's thread, but for the queue, the counter and the
// wake-up.
class transport::loop {
public:
  loop(credentials who, transport_limits limits)
      : who_(std::move(who)), limits_(limits), multi_(make_multi()) {
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    allow_connections();
    thread_ = std::thread{[this] {
      run();
    }};
  }

  ~loop() {
    post(stopping{});
    thread_.join();
    spare_.clear();
    curl_multi_cleanup(multi_);
  }

  void post(command what) {
    if (commands_.push(std::move(what)))
      curl_multi_wakeup(multi_);
  }

  watch_id next_id() {
    return {++last_id_};
  }

private:
  using owned = std::unique_ptr<transfer>;

  void run();
  void execute(submission& what);
  void execute(opening& what);
  void execute(granting& what);
  void execute(cancelling& what);
  void execute(stopping& what);
  void start_waiting();
  template <class What>
  transfer& start(What what);
  void put_on_wire(transfer& which);
  void reap();
  void end_silent_watches();
  owned take_off(transfer& which);
  void recycle(owned which);
  void abandon_all();
  void allow_connections();
  void close_idle_connections();

  credentials who_;
  transport_limits limits_;
  CURLM* multi_;
  command_queue commands_;
  std::atomic<std::uint64_t> last_id_{0};
  bool is_stopping_ = false;
  socket_set sockets_;
  std::map<transfer*, owned> running_;
  std::map<watch_id, transfer*> watches_;
  std::deque<submission> waiting_;
  std::vector<easy_handle> spare_;
  unsigned in_flight_ = 0;
  unsigned tls_generation_ = 0;
  std::thread thread_;
};

void transport::loop::run() {
  // OpenSSL writes without MSG_NOSIGNAL, and signals are the main thread's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  pthread_setname_np(pthread_self(), "api-transport");
  for (;;) {
    for (auto& what : commands_.take())
      std::visit([this](auto& x) { execute(x); }, what);
    // Not later: the wake-up that came with the command may be used up.
    if (is_stopping_)
      return abandon_all();
    start_waiting();
    auto running = 0;
    curl_multi_perform(multi_, &running);
    reap();
    start_waiting();
    end_silent_watches();
    // What was started meanwhile makes the poll return at once.
    auto longest
        = watches_.empty() ? milliseconds{60'000} : limits_.watch_silence / 8;
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(longest.count()),
                    nullptr);
  }
}

// -- commands -----------------------------------------------------------------

void transport::loop::execute(submission& what) {
  if (what.how == urgency::urgent) {
    start(std::move(what));
  } else if (waiting_.size() < limits_.queue) {
    waiting_.push_back(std::move(what));
  } else {
    response full;
    full.failure = fmt::format("the queue of {} waiting requests is full",
                               limits_.queue);
    what.done(std::move(full));
  }
}

void transport::loop::execute(opening& what) {
  auto id = what.id;
  watches_.emplace(id, &start(std::move(what)));
  allow_connections();
}

void transport::loop::execute(granting& what) {
  auto found = watches_.find(what.id);
  if (found != watches_.end() && found->second->grant(what.lines))
    curl_easy_pause(found->second->easy(), CURLPAUSE_CONT);
}

void transport::loop::execute(cancelling& what) {
  if (auto found = watches_.find(what.id); found != watches_.end())
    recycle(take_off(*found->second));
}

void transport::loop::execute(stopping&) {
  is_stopping_ = true;
}

// -- transfers ----------------------------------------------------------------

void transport::loop::start_waiting() {
  while (!waiting_.empty() && in_flight_ < limits_.in_flight) {
    start(std::move(waiting_.front()));
    waiting_.pop_front();
  }
}

template <class What>
transfer& transport::loop::start(What what) {
  easy_handle easy;
  if (spare_.empty()) {
    easy.reset(curl_easy_init());
  } else {
    easy = std::move(spare_.back());
    spare_.pop_back();
  }
  if (!easy)
    throw std::bad_alloc{};
  auto made = std::make_unique<transfer>(
      std::move(what), std::move(easy),
      transfer::surroundings{limits_, who_, sockets_});
  auto& started = *made;
  running_.emplace(&started, std::move(made));
  if (started.is_ordinary())
    ++in_flight_;
  put_on_wire(started);
  return started;
}

void transport::loop::put_on_wire(transfer& which) {
  auto now = clock::now();
  which.prepare(now);
  if (auto generation = who_.tls_now(now).generation;
      generation != tls_generation_) {
    tls_generation_ = generation;
    close_idle_connections();
  }
  curl_multi_add_handle(multi_, which.easy());
}

void transport::loop::reap() {
  auto left = 0;
  while (auto* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE)
      continue;
    auto* which = transfer_of(message->easy_handle);
    auto how = message->data.result; // dies with the next line
    curl_multi_remove_handle(multi_, which->easy());
    if (which->wants_retry(how, clock::now())) {
      put_on_wire(*which);
      continue;
    }
    auto finished = take_off(*which);
    finished->conclude(how);
    recycle(std::move(finished));
  }
}

void transport::loop::end_silent_watches() {
  auto now = clock::now();
  std::vector<transfer*> silent;
  for (auto& [id, which] : watches_)
    if (which->is_silent(now))
      silent.push_back(which);
  for (auto* which : silent) {
    auto finished = take_off(*which);
    finished->conclude("the server has been silent for too long");
    recycle(std::move(finished));
  }
}

transport::loop::owned transport::loop::take_off(transfer& which) {
  curl_multi_remove_handle(multi_, which.easy());
  if (which.is_ordinary())
    --in_flight_;
  auto found = running_.extract(&which);
  if (which.is_watch()) {
    watches_.erase(which.id());
    allow_connections();
  }
  return std::move(found.mapped());
}

void transport::loop::recycle(owned which) {
  if (spare_.size() < limits_.in_flight)
    spare_.push_back(which->release());
}

void transport::loop::abandon_all() {
  while (!running_.empty())
    take_off(*running_.begin()->first)->conclude(std::string{stopped});
  response none;
  none.failure = stopped;
  for (auto& what : waiting_)
    what.done(none);
  for (auto& what : commands_.take())
    if (auto* call = std::get_if<submission>(&what))
      call->done(none);
    else if (auto* order = std::get_if<opening>(&what))
      order->listener.on_end({0, {}, stopped, {}});
}

// -- connections --------------------------------------------------------------

// Each watch keeps one, and one too few would starve every request.
void transport::loop::allow_connections() {
  auto most
      = static_cast<long>(watches_.size()) + limits_.in_flight + limits_.urgent;
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, most);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, most);
}

// Those in use go on; curl drops a closed one when it next looks at it.
void transport::loop::close_idle_connections() {
  auto idle = sockets_;
  for (auto& [which, owner] : running_) {
    curl_socket_t used = CURL_SOCKET_BAD;
    curl_easy_getinfo(which->easy(), CURLINFO_ACTIVESOCKET, &used);
    idle.erase(used);
  }
  for (auto which : idle)
    ::shutdown(which, SHUT_RDWR);
}

// -- the outside --------------------------------------------------------------

transport::transport(credentials who, transport_limits limits)
    : loop_(std::make_unique<loop>(std::move(who), limits)) {
  // nop
}

transport::~transport() = default;

void transport::submit(request call, std::function<void(response)> done,
                       urgency how) {
  loop_->post(submission{std::move(call), std::move(done), how});
}

watch_id transport::open_watch(request order, watch_listener listener) {
  auto id = loop_->next_id();
  loop_->post(opening{id, std::move(order), std::move(listener)});
  return id;
}

void transport::grant(watch_id id, std::size_t lines) {
  loop_->post(granting{id, lines});
}

void transport::cancel(watch_id id) {
  loop_->post(cancelling{id});
}

} // namespace holystone::k8s_io
