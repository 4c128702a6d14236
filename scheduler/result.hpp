#pragma once

// The value-or-error type of the project. Pure code and I/O code return a
// `result<T>`; an error is a value that names the object and the field and
// says what to do. Who needs more than words of a failure names its own type
// for it. It is not for broken invariants: those throw and end the actor.
// Everybody includes this header.

#include <string>
#include <utility>
#include <variant>

namespace holystone {

/// Why something could not be done, in words for the user.
struct error {
  /// Names the object and the field and says what to do; holds no secret.
  std::string message;

  friend bool operator==(const error&, const error&) = default;
};

/// Either a `T` or the `Error` that prevented it.
template <class T, class Error = error>
class [[nodiscard]] result {
public:
  result(T value) : data_(std::in_place_index<0>, std::move(value)) {
    // nop
  }

  result(Error why) : data_(std::in_place_index<1>, std::move(why)) {
    // nop
  }

  /// Holds a value?
  explicit operator bool() const noexcept {
    return data_.index() == 0;
  }

  /// The value; throws `std::bad_variant_access` on an error.
  T& operator*() & {
    return std::get<0>(data_);
  }

  const T& operator*() const& {
    return std::get<0>(data_);
  }

  T&& operator*() && {
    return std::get<0>(std::move(data_));
  }

  T* operator->() {
    return &std::get<0>(data_);
  }

  const T* operator->() const {
    return &std::get<0>(data_);
  }

  /// The error; throws `std::bad_variant_access` on a value.
  const Error& why() const {
    return std::get<1>(data_);
  }

private:
  std::variant<T, Error> data_;
};

} // namespace holystone
