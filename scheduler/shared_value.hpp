#pragma once

// A value that is seldom there and never changes: copies share it, and none
// costs no more than a pointer. For the parts of claims that few claims have,
// of which thousands are kept. Included by whoever keeps such a part.

#include <memory>
#include <utility>

namespace holystone::scheduler {

/// Nothing, or a constant value that its copies share; compared by content.
template <class T>
class shared_value {
public:
  shared_value() = default;

  shared_value(T value) : value_(std::make_shared<const T>(std::move(value))) {
    // nop
  }

  explicit operator bool() const {
    return value_ != nullptr;
  }
  const T& operator*() const {
    return *value_;
  }
  const T* operator->() const {
    return value_.get();
  }

  friend bool operator==(const shared_value& a, const shared_value& b) {
    return a.value_ == b.value_ || (a.value_ && b.value_ && *a == *b);
  }

private:
  std::shared_ptr<const T> value_;
};

} // namespace holystone::scheduler
