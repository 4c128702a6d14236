// Objects as an API server may show them: reading never fails, and what is said
// of an object that is not parsed agrees with what parsing it says.

#include "k8s_io/objects.hpp"
#include "claim.hpp"
#include "k8s_io/claimants.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/headline.hpp"
#include "k8s_io/predecessor_objects.hpp"
#include "k8s_io/secret_content.hpp"
#include "k8s_io/volume_objects.hpp"
#include "k8s_io/watch_lines.hpp"

#include <tuple>

using namespace holystone;
using namespace holystone::k8s_io;

namespace {

/// Whatever it is, each of these takes it.
void read_all(const boost::json::value& object) {
  std::ignore = read_meta(object);
  std::ignore = read_replication_source(object);
  std::ignore = read_kopia_maintenance(object);
  std::ignore = read_cron_job(object);
  std::ignore = address_of_cron_job(object);
  std::ignore = read_location(object);
  std::ignore = read_job(object);
  std::ignore = repository_of_job(object);
  std::ignore = read_pod(object);
  std::ignore = read_lease(object);
  std::ignore = read_secret(object, "volsync-system");
  std::ignore = is_of_fork(object);
  std::ignore = secret_of_fork(object);
  std::ignore = read_predecessor(object);
  std::ignore = is_copy_of_fork(object, "volsync-system");
  std::ignore = read_bound_volume(object);
  std::ignore = read_volume(object);
  std::ignore = read_injected_volumes(object);
  std::ignore = read_recorded_volume(object);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto text = fuzz::text_of(data, size);
  std::ignore = read_headline(text);
  std::ignore = read_content(text);
  boost::system::error_code broken;
  auto object = boost::json::parse(text, broken, {}, api_parse_options());
  if (broken)
    return 0;
  read_all(object);
  if (object.is_object())
    fuzz::claim(is_whole_object(text.substr(text.find('{'))),
                "what parses is whole");
  return 0;
}
