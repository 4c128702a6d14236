#include "metrics/http_exchange.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace holystone::metrics {

namespace {

bool is_same_name(std::string_view left, std::string_view right) {
  auto lower = [](char c) {
    return std::tolower(static_cast<unsigned char>(c));
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in || text.empty())
    throw std::runtime_error{"cannot read " + path
                             + ": it must be a readable PEM file"};
  return text;
}

// The queue lives as long as the loop needs it; this handle lives as long as
// the writer does, and its end is the end of the answer.
class stream_handle final : public http_stream {
public:
  explicit stream_handle(std::shared_ptr<stream_queue> queue)
      : queue_(std::move(queue)) {
    // nop
  }

  ~stream_handle() override {
    queue_->close();
  }

  bool write(std::string chunk) override {
    return queue_->write(std::move(chunk));
  }

  void close() override {
    queue_->close();
  }

  void abort() override {
    queue_->abort();
  }

  bool is_open() const override {
    return queue_->is_open();
  }

  std::size_t backlog() const override {
    return queue_->backlog();
  }

  void on_closed(std::function<void()> callback) override {
    queue_->on_closed(std::move(callback));
  }

private:
  std::shared_ptr<stream_queue> queue_;
};

class exchange_handle final : public http_exchange {
public:
  exchange_handle(http_request request, std::shared_ptr<answer_slot> slot,
                  std::shared_ptr<loop_gate> gate, std::function<void()> wake,
                  std::size_t stream_limit)
      : request_(std::move(request)), slot_(std::move(slot)),
        gate_(std::move(gate)), wake_(std::move(wake)),
        stream_limit_(stream_limit) {
    // nop
  }

  // An actor that dies with the exchange in its mailbox drops it: the client
  // should try again now and not wait for the deadline.
  ~exchange_handle() override {
    if (!slot_->is_answered())
      respond({.status = 503, .body = "the server dropped this request\n"});
  }

  const http_request& request() const override {
    return request_;
  }

  void respond(http_response response) override {
    slot_->put(std::move(response));
  }

  std::shared_ptr<http_stream> stream(int status, std::string content_type,
                                      http_headers headers) override {
    auto queue = std::make_shared<stream_queue>(gate_, wake_, stream_limit_);
    auto handle = std::make_shared<stream_handle>(queue);
    if (!slot_->put(stream_start{status, std::move(content_type),
                                 std::move(headers), queue}))
      queue->finish();
    return handle;
  }

private:
  http_request request_;
  std::shared_ptr<answer_slot> slot_;
  std::shared_ptr<loop_gate> gate_;
  std::function<void()> wake_;
  std::size_t stream_limit_;
};

} // namespace

void http_headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string_view>
http_headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (is_same_name(key, name))
      return value;
  return std::nullopt;
}

http_tls http_tls::from_files(const std::string& certificate_file,
                              const std::string& key_file) {
  return {read_file(certificate_file), read_file(key_file)};
}

http_server::handler read_only(http_server::handler handle) {
  return [handle = std::move(handle)](std::shared_ptr<http_exchange> exchange) {
    const auto& method = exchange->request().method;
    if (method == "GET" || method == "HEAD")
      handle(std::move(exchange));
    else
      exchange->respond({.status = 405,
                         .headers = {{"Allow", "GET, HEAD"}},
                         .body = method + " is not allowed, only GET\n"});
  };
}

void loop_gate::post(std::function<void()> task) {
  std::lock_guard guard{mutex_};
  if (post_)
    post_(std::move(task));
}

void loop_gate::shut() {
  std::lock_guard guard{mutex_};
  post_ = nullptr;
}

stream_queue::stream_queue(std::shared_ptr<loop_gate> gate,
                           std::function<void()> wake, std::size_t limit)
    : gate_(std::move(gate)), wake_(std::move(wake)), limit_(limit) {
  // nop
}

bool stream_queue::write(std::string chunk) {
  auto was_empty = false;
  {
    std::lock_guard guard{mutex_};
    if (closed_ || finished_)
      return false;
    if (bytes_ != 0 && bytes_ + chunk.size() > limit_)
      return false;
    if (chunk.empty()) // an empty chunk would be the end mark
      return true;
    was_empty = chunks_.empty();
    bytes_ += chunk.size();
    chunks_.push_back(std::move(chunk));
  }
  if (was_empty)
    wake_();
  return true;
}

void stream_queue::close() {
  {
    std::lock_guard guard{mutex_};
    if (closed_ || finished_)
      return;
    closed_ = true;
  }
  wake_();
}

void stream_queue::abort() {
  {
    std::lock_guard guard{mutex_};
    if (finished_)
      return;
    closed_ = true;
    aborted_ = true;
  }
  wake_();
}

bool stream_queue::is_open() const {
  std::lock_guard guard{mutex_};
  return !closed_ && !finished_;
}

std::size_t stream_queue::backlog() const {
  std::lock_guard guard{mutex_};
  return finished_ ? 0 : bytes_;
}

void stream_queue::on_closed(std::function<void()> callback) {
  std::lock_guard guard{mutex_};
  if (finished_)
    gate_->post(std::move(callback));
  else
    callback_ = std::move(callback);
}

stream_queue::portion stream_queue::take(std::size_t size) {
  std::lock_guard guard{mutex_};
  portion result;
  result.is_aborted = aborted_;
  while (!chunks_.empty() && result.bytes.size() < size) {
    if (result.bytes.empty())
      result.bytes = std::move(chunks_.front());
    else
      result.bytes += chunks_.front();
    chunks_.pop_front();
  }
  result.is_last = closed_ && chunks_.empty();
  return result;
}

void stream_queue::written(std::size_t size) {
  std::lock_guard guard{mutex_};
  bytes_ -= size;
}

void stream_queue::finish() {
  std::function<void()> callback;
  {
    std::lock_guard guard{mutex_};
    finished_ = true;
    chunks_.clear();
    callback = std::exchange(callback_, nullptr);
  }
  if (callback)
    callback();
}

bool answer_slot::put(answer value) {
  {
    std::lock_guard guard{mutex_};
    if (answered_)
      return false;
    answered_ = true;
    value_ = std::move(value);
  }
  wake_();
  return true;
}

bool answer_slot::is_answered() const {
  std::lock_guard guard{mutex_};
  return answered_;
}

answer_slot::answer answer_slot::take() {
  std::lock_guard guard{mutex_};
  auto result = std::move(*value_);
  value_.reset();
  return result;
}

std::string http_date() {
  auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  auto size = std::strftime(text.data(), text.size(),
                            "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

std::shared_ptr<http_exchange> make_exchange(http_request request,
                                             std::shared_ptr<answer_slot> slot,
                                             std::shared_ptr<loop_gate> gate,
                                             std::function<void()> wake,
                                             std::size_t stream_limit) {
  return std::make_shared<exchange_handle>(std::move(request), std::move(slot),
                                           std::move(gate), std::move(wake),
                                           stream_limit);
}

} // namespace holystone::metrics
