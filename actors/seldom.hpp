#pragma once

// A part of an actor's memory that is there only while something is up: until
// somebody uses it, and again when it holds nothing any more, it takes the room
// of a pointer. There are ten thousand repositories, and something is up with
// few of them.

#include <memory>

namespace holystone::actors {

/// A `T` whose `is_unused` says when it is as good as a new one.
template <class T>
class seldom {
public:
  /// To look at it.
  const T* operator->() const {
    static const T none;
    return part_ ? part_.get() : &none;
  }

  /// To change it.
  T& use() {
    if (!part_)
      part_ = std::make_unique<T>();
    return *part_;
  }

  /// Nobody uses it for now; `what` is told to its `is_unused`.
  template <class... Ts>
  void rest(const Ts&... what) {
    if (part_ && part_->is_unused(what...))
      part_.reset();
  }

private:
  std::unique_ptr<T> part_;
};

} // namespace holystone::actors
