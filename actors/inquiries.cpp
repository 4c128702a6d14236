#include "actors/inquiries.hpp"

#include "metrics/log.hpp"

namespace holystone::actors {

namespace {

const std::string& why_of(const reading& told) {
  return told.where.why().message;
}

const std::string& why_of(const volume_reading& told) {
  return told.what.why().message;
}

} // namespace

bool inquiries::ask(const readable& what) {
  if (!open_.insert(what).second)
    return false;
  asleep_.erase(what);
  if (what.what == readable::kind::secret)
    send<reading_ptr>(ways_.mirror, read_atom::value, what, ways_.told_secret);
  else
    send<volume_reading_ptr>(ways_.volumes, volume_atom::value, what,
                             ways_.told_volume);
  return true;
}

bool inquiries::wakes(const readable& what, std::uint64_t ticket) {
  auto i = asleep_.find(what);
  if (i == asleep_.end() || i->second != ticket)
    return false;
  asleep_.erase(i);
  open_.erase(what);
  return true;
}

template <class Reading, class Reader, class Atom>
void inquiries::send(const Reader& to, Atom, const readable& what,
                     const std::function<void(const Reading&)>& tell) {
  ways_.self->request(to, caf::infinite, Atom::value, what.key)
      .then(
          [this, what, tell](const Reading& told) {
            if (told->failed)
              metrics::log_warning("read", {{"object", to_string(what.key)},
                                            {"error", why_of(*told)}});
            else
              open_.erase(what);
            if (told->again > milliseconds{0})
              sleep(what, told->again);
            tell(told);
          },
          [this, what](const caf::error&) { sleep(what, seconds{1}); });
}

void inquiries::sleep(const readable& what, milliseconds time) {
  asleep_[what] = ++last_ticket_;
  ways_.self->delayed_send(ways_.self, time, read_atom::value, what,
                           last_ticket_);
}

} // namespace holystone::actors
