#pragma once

// A value at rest: its parts as few bytes in one piece, instead of a hundred
// texts, lists and maps of their own. For facts of which tens of thousands are
// kept and few are in use at a time. Plain structs are taken apart by the
// number of their members, which folded_facts.hpp says. What all have in common
// stands in a phrase_book.hpp. Kept by the actors' memories.

#include "scheduler/folded_bytes.hpp"
#include "scheduler/phrase_book.hpp"
#include "scheduler/result.hpp"
#include "scheduler/shared_value.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace holystone::scheduler {

/// How many members a plain struct has; said beside the structs.
template <class T>
inline constexpr std::size_t members_of = 0;

template <class T>
void fold(bytes_writer& to, const T& value);
template <class T>
void unfold(bytes_reader& from, T& value);

namespace folding {

// What is no plain struct; found by the compiler in the order of fitting.

inline void put(bytes_writer& to, const std::string& text) {
  to.put(std::string_view{text});
}
inline void take(bytes_reader& from, std::string& text) {
  text = from.take_text();
}

template <class T>
requires std::is_arithmetic_v<T> || std::is_enum_v<T>
void put(bytes_writer& to, T number) {
  static_assert(!std::is_floating_point_v<T>);
  to.put(static_cast<std::int64_t>(number));
}
template <class T>
requires std::is_arithmetic_v<T> || std::is_enum_v<T>
void take(bytes_reader& from, T& number) {
  number = static_cast<T>(from.take_number());
}

template <class Rep, class Period>
void put(bytes_writer& to, std::chrono::duration<Rep, Period> span) {
  to.put(static_cast<std::int64_t>(span.count()));
}
template <class Rep, class Period>
void take(bytes_reader& from, std::chrono::duration<Rep, Period>& span) {
  span = std::chrono::duration<Rep, Period>{from.take_number()};
}

template <class Clock, class Span>
void put(bytes_writer& to, std::chrono::time_point<Clock, Span> at) {
  put(to, at.time_since_epoch());
}
template <class Clock, class Span>
void take(bytes_reader& from, std::chrono::time_point<Clock, Span>& at) {
  Span since{};
  take(from, since);
  at = std::chrono::time_point<Clock, Span>{since};
}

template <class T>
void put(bytes_writer& to, const std::optional<T>& value) {
  to.put(static_cast<std::int64_t>(value.has_value()));
  if (value)
    fold(to, *value);
}
template <class T>
void take(bytes_reader& from, std::optional<T>& value) {
  if (from.take_number() != 0)
    unfold(from, value.emplace());
  else
    value.reset();
}

template <class T>
void put(bytes_writer& to, const shared_value<T>& value) {
  to.put(static_cast<std::int64_t>(static_cast<bool>(value)));
  if (value)
    fold(to, *value);
}
template <class T>
void take(bytes_reader& from, shared_value<T>& value) {
  value = {};
  if (from.take_number() == 0)
    return;
  T told;
  unfold(from, told);
  value = std::move(told);
}

template <class T>
void put(bytes_writer& to, const std::vector<T>& all) {
  to.put(static_cast<std::int64_t>(all.size()));
  for (const auto& one : all)
    fold(to, one);
}
template <class T>
void take(bytes_reader& from, std::vector<T>& all) {
  all.clear();
  all.resize(static_cast<std::size_t>(from.take_number()));
  for (auto& one : all)
    unfold(from, one);
}

template <class Key, class T>
void put(bytes_writer& to, const std::map<Key, T>& all) {
  to.put(static_cast<std::int64_t>(all.size()));
  for (const auto& [key, one] : all) {
    fold(to, key);
    fold(to, one);
  }
}
template <class Key, class T>
void take(bytes_reader& from, std::map<Key, T>& all) {
  all.clear();
  for (auto left = from.take_number(); left > 0; --left) {
    Key key;
    unfold(from, key);
    unfold(from, all.emplace_hint(all.end(), std::move(key), T{})->second);
  }
}

template <class... Ts>
void put(bytes_writer& to, const std::variant<Ts...>& value) {
  to.put(static_cast<std::int64_t>(value.index()));
  std::visit([&](const auto& one) { fold(to, one); }, value);
}
template <class... Ts>
void take(bytes_reader& from, std::variant<Ts...>& value) {
  auto which = from.take_number();
  std::int64_t i = 0;
  auto try_one = [&]<class T>(std::type_identity<T>) {
    if (i++ == which)
      unfold(from, value.template emplace<T>());
  };
  (try_one(std::type_identity<Ts>{}), ...);
}

template <class T>
void put(bytes_writer& to, const result<T>& value) {
  to.put(static_cast<std::int64_t>(static_cast<bool>(value)));
  if (value)
    fold(to, *value);
  else
    put(to, value.why().message);
}
template <class T>
void take(bytes_reader& from, result<T>& value) {
  if (from.take_number() != 0) {
    T told;
    unfold(from, told);
    value = std::move(told);
  } else {
    value = error{std::string{from.take_text()}};
  }
}

/// Calls `use` with all members of a plain struct.
template <class T, class Use>
void take_apart(T& value, const Use& use) {
  constexpr auto members = members_of<std::remove_const_t<T>>;
  if constexpr (members == 1) {
    auto& [a] = value;
    use(a);
  } else if constexpr (members == 2) {
    auto& [a, b] = value;
    use(a, b);
  } else if constexpr (members == 3) {
    auto& [a, b, c] = value;
    use(a, b, c);
  } else if constexpr (members == 4) {
    auto& [a, b, c, d] = value;
    use(a, b, c, d);
  } else if constexpr (members == 5) {
    auto& [a, b, c, d, e] = value;
    use(a, b, c, d, e);
  } else if constexpr (members == 6) {
    auto& [a, b, c, d, e, f] = value;
    use(a, b, c, d, e, f);
  } else if constexpr (members == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    use(a, b, c, d, e, f, g);
  } else if constexpr (members == 8) {
    auto& [a, b, c, d, e, f, g, h] = value;
    use(a, b, c, d, e, f, g, h);
  } else if constexpr (members == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = value;
    use(a, b, c, d, e, f, g, h, i);
  } else if constexpr (members == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = value;
    use(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (members == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = value;
    use(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (members == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = value;
    use(a, b, c, d, e, f, g, h, i, j, k, l);
  } else if constexpr (members == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = value;
    use(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (members == 16) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = value;
    use(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  } else if constexpr (members == 17) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] = value;
    use(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q);
  } else if constexpr (members == 22) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v]
        = value;
    use(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v);
  } else if constexpr (members == 23) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w]
        = value;
    use(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w);
  } else if constexpr (members == 24) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w,
           x]
        = value;
    use(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x);
  } else {
    static_assert(members == 1, "say in members_of how many members it has; "
                                "a number that is new here needs a branch");
  }
}

template <class T>
concept elementary = requires(bytes_writer& to, const T& value) {
  put(to, value);
};

} // namespace folding

/// Adds a value, part by part.
template <class T>
void fold(bytes_writer& to, const T& value) {
  if constexpr (folding::elementary<T>)
    folding::put(to, value);
  else
    folding::take_apart(value,
                        [&](const auto&... parts) { (fold(to, parts), ...); });
}

/// Reads a value that `fold` added.
template <class T>
void unfold(bytes_reader& from, T& value) {
  if constexpr (folding::elementary<T>)
    folding::take(from, value);
  else
    folding::take_apart(value,
                        [&](auto&... parts) { (unfold(from, parts), ...); });
}

/// A value at rest.
template <class T>
class folded {
public:
  folded() = default;

  /// Its bytes without what the book has, which is needed to open it.
  folded(const T& value, phrase_book& book) {
    bytes_writer to;
    fold(to, value);
    auto text = book.shorten(to.bytes());
    length_ = static_cast<std::uint32_t>(text.size());
    bytes_ = std::make_unique_for_overwrite<char[]>(length_);
    text.copy(bytes_.get(), length_);
  }

  /// Is there none?
  bool empty() const {
    return !bytes_;
  }

  /// The value itself.
  T open(const phrase_book& book) const {
    auto text = book.restore({bytes_.get(), length_});
    T value;
    bytes_reader from{text};
    unfold(from, value);
    return value;
  }

  /// How many bytes it takes.
  std::size_t size() const {
    return length_;
  }

private:
  std::unique_ptr<char[]> bytes_;
  std::uint32_t length_ = 0;
};

} // namespace holystone::scheduler
