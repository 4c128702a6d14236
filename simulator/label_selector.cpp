// The grammar of label selectors, with the complaints of the real parser.

#include "simulator/object_meta.hpp"
#include "simulator/selectors.hpp"

#include <fmt/format.h>

namespace holystone::simulator {

namespace {

constexpr std::string_view end_of_string = "";

constexpr std::string_view bad_key
    = "a valid label key must consist of alphanumeric characters, '-', '_' or "
      "'.', and must start and end with an alphanumeric character (e.g. "
      "'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
      "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS "
      "subdomain prefix and '/' (e.g. 'example.com/MyName')";

bool is_special(char c) {
  return std::string_view{"=!(),><"}.find(c) != std::string_view::npos;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Words and signs of a selector, one after the other.
class tokens {
public:
  explicit tokens(std::string_view text) : rest_(text) {
    take();
  }

  /// The next one; empty at the end.
  std::string_view next() const {
    return next_;
  }

  std::string_view take() {
    auto taken = next_;
    while (!rest_.empty() && is_blank(rest_.front()))
      rest_.remove_prefix(1);
    std::size_t size = 0;
    if (!rest_.empty() && is_special(rest_.front())) {
      auto two = rest_.substr(0, 2);
      size = two == "==" || two == "!=" ? 2 : 1;
    } else {
      while (size < rest_.size() && !is_special(rest_[size])
             && !is_blank(rest_[size]))
        ++size;
    }
    next_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  bool at_word() const {
    return !next_.empty() && !is_special(next_.front());
  }

private:
  std::string_view rest_;
  std::string_view next_;
};

error found(std::string_view what, std::string_view instead) {
  return error{fmt::format("found '{}'{}", what, instead)};
}

} // namespace

// One requirement, read from a row of tokens.
class selection::label_parser {
public:
  explicit label_parser(std::string_view text) : from_(text) {
    // nop
  }

  answer<std::vector<label_term>> parse() {
    std::vector<label_term> out;
    while (from_.next() != end_of_string) {
      if (!begins_term())
        return refuse(found(from_.next(),
                            ", expected: !, identifier, or 'end of string'"));
      auto term = read_term();
      if (!term)
        return bad_request("unable to parse requirement: "
                           + term.why().message);
      out.push_back(std::move(*term));
      if (from_.next() == end_of_string)
        break;
      if (auto sign = from_.take(); sign != ",")
        return refuse(found(sign, ", expected: ',' or 'end of string'"));
      if (!begins_term())
        return refuse(found(from_.next(), ", expected: identifier after ','"));
    }
    return out;
  }

private:
  static api_error refuse(const error& why) {
    return bad_request(why.message);
  }

  bool begins_term() const {
    return from_.at_word() || from_.next() == "!";
  }

  result<label_term> read_term() {
    label_term out;
    if (from_.next() == "!") {
      from_.take();
      out.how = test::absent;
    }
    if (!from_.at_word())
      return found(from_.next(), ", expected: identifier");
    out.key = from_.take();
    if (!is_qualified_name(out.key))
      return error{
          fmt::format("<nil>: Invalid value: \"{}\": {}", out.key, bad_key)};
    if (out.how == test::absent || from_.next() == end_of_string
        || from_.next() == ",")
      return out;
    return read_values(std::move(out));
  }

  result<label_term> read_values(label_term out) {
    auto sign = from_.take();
    if (sign == "in" || sign == "notin") {
      out.how = sign == "in" ? test::is_in : test::not_in;
      return read_list(std::move(out));
    }
    if (sign == "=" || sign == "==")
      out.how = test::is_in;
    else if (sign == "!=")
      out.how = test::not_in;
    else if (sign == "<" || sign == ">")
      out.how = sign == "<" ? test::less : test::greater;
    else
      return found(sign, ", expected: in, notin, =, ==, !=, gt, lt");
    if (from_.next() == end_of_string || from_.next() == ",")
      out.values.emplace_back();
    else if (from_.at_word())
      out.values.emplace_back(from_.take());
    else
      return found(from_.next(), ", expected: identifier");
    return out;
  }

  result<label_term> read_list(label_term out) {
    if (auto sign = from_.take(); sign != "(")
      return found(sign, " expected: '('");
    while (from_.next() != ")") {
      if (from_.next() == end_of_string)
        return found("", ", expected: ',' or ')'");
      if (from_.at_word())
        out.values.emplace_back(from_.take());
      if (from_.next() == ",")
        from_.take();
      else if (from_.next() != ")")
        return found(from_.next(), ", expected: ',' or ')'");
    }
    from_.take();
    return out;
  }

  tokens from_;
};

answer<std::vector<selection::label_term>>
selection::parse_labels(std::string_view text) {
  return label_parser{text}.parse();
}

} // namespace holystone::simulator
