#include "scheduler/kopia_backends.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

backend_input::backend_input(const secret_data& secret, std::string_view ns,
                             const std::optional<volume_identity>& volume,
                             std::string_view files_directory)
    : secret_(secret), ns_(ns), volume_(volume),
      files_directory_(files_directory),
      url_(split_url(text({"KOPIA_REPOSITORY"}))) {
  // nop
}

std::string_view
backend_input::text(std::initializer_list<std::string_view> keys) const {
  for (const auto key : keys)
    if (const auto found = secret_.find(key); found != secret_.end())
      if (const auto value = trimmed(found->second.reveal()); !value.empty())
        return value;
  return {};
}

std::string_view
backend_input::secret(std::initializer_list<std::string_view> keys) const {
  for (const auto key : keys)
    if (const auto found = secret_.find(key); found != secret_.end())
      if (!found->second.reveal().empty())
        return found->second.reveal();
  return {};
}

result<bool>
backend_input::flag(std::initializer_list<std::string_view> keys) const {
  bool any = false;
  for (const auto key : keys) {
    const auto value = lower_case(text({key}));
    if (value == "true" || value == "1")
      any = true;
    else if (!value.empty() && value != "false" && value != "0")
      return error{fmt::format("key {}: write true or false", key)};
  }
  return any;
}

const kopia_url* backend_input::url_of(std::string_view scheme) const {
  return url_ && url_->scheme == scheme ? &*url_ : nullptr;
}

std::string backend_input::file(std::string_view name) const {
  return fmt::format("{}/{}", files_directory_, name);
}

error missing_key(std::string_view keys, std::string_view what) {
  return {fmt::format("key {} is missing: {}", keys, what)};
}

bool says_missing_key(const error& why) {
  auto begins = why.message.find("key ");
  return begins != why.message.npos
         && why.message.find(" is missing: ", begins) != why.message.npos;
}

} // namespace holystone::scheduler
