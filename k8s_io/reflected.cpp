#include "k8s_io/reflected.hpp"

namespace holystone::k8s_io {

request ask(const reflected& what, verb how) {
  request out;
  out.what = how;
  out.kind = what.kind;
  out.ns = what.ns;
  out.name = what.name;
  out.label_selector = what.label_selector;
  out.field_selector = what.field_selector;
  out.metadata_only = what.metadata_only;
  return out;
}

} // namespace holystone::k8s_io
