#pragma once

// Which of two versions of an object is newer, as far as that can be told. They
// are opaque, but every server that stores objects in etcd counts: so a
// comparison may only excuse a second look, and who relies on it must go on
// when it says nothing. Asked by the reflector and by actors/echoes.hpp.

#include <string_view>

namespace holystone::k8s_io {

/// Is `a` surely newer than `b`? Versions that are no numbers can't be
/// compared.
bool is_newer(std::string_view a, std::string_view b);

} // namespace holystone::k8s_io
