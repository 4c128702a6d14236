#pragma once

// The map of the system: every typed interface, its role, and one line per
// message. ARCHITECTURE.md draws the same picture. A message marked INTERNAL
// is sent by an actor to itself.

#include "actors/messages.hpp"

#include <caf/scheduled_actor.hpp>
#include <caf/typed_actor.hpp>

#include <string>
#include <vector>

namespace holystone::actors {

template <class... Ts>
using takes = caf::reacts_to<Ts...>;

/// How many messages wait behind this one, for people. Only the actor itself
/// can count them; who does not answer in time is busy.
using tells_mailbox = caf::replies_to<mailbox_atom>::with<std::uint64_t>;

/// The answer to that.
inline std::uint64_t messages_waiting(caf::scheduled_actor* self) {
  return self->mailbox().size();
}

/// The STREAM SINK: whoever hears of a watch. Protocol only.
using stream_sink = caf::typed_actor<
    // Complete JSON lines of the watch with this ticket.
    takes<lines_atom, std::uint64_t, watch_lines>,
    // The watch with this ticket ended.
    takes<end_atom, std::uint64_t, watch_end>>;

/// The API CLIENT: the way to the API server; a simulated cluster conforms to
/// it as well. It answers every call: the transport gives up each one 65 s
/// after it was sent. A second limit at the caller would run while the call
/// still waits for its turn, and make two writes of one. Supervised by the
/// root; when it falls, all who could wait for an answer fall with it.
using api_client = caf::typed_actor<
    // Performs one call.
    caf::replies_to<call_atom, request_ptr>::with<response_ptr>,
    // Performs one call that must not wait behind others.
    caf::replies_to<urgent_atom, request_ptr>::with<response_ptr>,
    // Opens a watch; its lines and end go to the sink under the sink's ticket.
    takes<watch_atom, std::uint64_t, request_ptr, stream_sink>,
    // The sink has worked off that many lines of its ticket.
    takes<credit_atom, stream_sink, std::uint64_t, std::uint64_t>,
    // Ends the sink's watch with this ticket.
    takes<cancel_atom, stream_sink, std::uint64_t>, tells_mailbox>;

/// The REGISTRY: who claims which repository, and the limit over all of them.
/// Supervised by the root together with the watchers: one falls, all restart.
using registry_actor = caf::typed_actor<
    // What a watcher saw, in order; the answer is the watcher's back-pressure.
    caf::replies_to<seen_atom, observations>::with<bool>,
    // The view of what is watched there is complete.
    takes<synced_atom, watched_place>,
    // A watcher has got a list; the answer says that it may read it.
    caf::replies_to<turn_atom>::with<bool>,
    // A watcher whose turn it was has read its list.
    takes<finish_atom>,
    // Writing is allowed, or no longer.
    takes<lead_atom, bool>,
    // A repository wants, takes or gives back a place to run.
    takes<place_atom, std::string, place>,
    // A repository wants to be told when it is that late.
    takes<wake_atom, std::string, instant>,
    // What people must know of other installs, a sentence each.
    takes<notice_atom, std::vector<std::string>>,
    // A repository owns nothing any more, after it heard of so many facts.
    takes<finish_atom, std::string, std::uint64_t>,
    // INTERNAL: the sleep of this ticket is over; this is to be read again.
    takes<read_atom, readable, std::uint64_t>,
    // INTERNAL: time passes.
    takes<tick_atom, std::uint64_t>,
    // The registry, for people.
    caf::replies_to<list_atom>::with<registry_view_ptr>,
    // One repository, for people; null when there is none.
    caf::replies_to<get_atom, std::string>::with<view_ptr>,
    // The repository of a claim, for people; null when it is nowhere.
    caf::replies_to<get_atom, claim_key>::with<view_ptr>, tells_mailbox>;

/// A WATCHER: keeps the registry's view of one kind equal to the server's. It
/// is a STREAM SINK. Supervised by the root.
using watcher_actor = stream_sink::extend<
    // INTERNAL: a sleep of the reflector is over.
    takes<tick_atom, std::uint64_t>, tells_mailbox>;

/// A REPOSITORY: owns one hash's schedule, conflict record, Secret copies and
/// Job history. Supervised by the registry; a restart rebuilds its facts from
/// the API server.
using repository_actor = caf::typed_actor<
    // An object wants this repository maintained, or wants it differently;
    // null: not any more.
    takes<claim_atom, claim_key, claimant_ptr>,
    // A CronJob, Job, pod, Lease or copy of this repository changed.
    takes<seen_atom, fact_ptr>,
    // These are the other locations of the same repository.
    takes<alias_atom, alias_list_ptr>,
    // This became so, or is so no longer.
    takes<become_atom, circumstance, bool>,
    // It is as late as it wanted to be told.
    takes<tick_atom>,
    // The repository, for people.
    caf::replies_to<get_atom>::with<view_ptr>>;

/// The SECRET MIRROR: the only place where Secrets' bytes are, and only while
/// it answers. Supervised by the root.
using secret_mirror_actor = caf::typed_actor<
    // Reads a Secret and says where its repository is.
    caf::replies_to<read_atom, object_key>::with<reading_ptr>,
    // Writes or deletes a copy.
    caf::replies_to<copy_atom, copy_order_ptr>::with<outcome_ptr>,
    tells_mailbox>;

/// The VOLUME READER: finds out what a PersistentVolumeClaim stands for.
/// Supervised by the root.
using volume_reader_actor = caf::typed_actor<
    // Reads a claim and the volume that it is bound to.
    caf::replies_to<volume_atom, object_key>::with<volume_reading_ptr>,
    tells_mailbox>;

/// The ACCOUNT KEEPER: makes the ServiceAccount of maintenance pods wherever
/// such pods run. Supervised by the root.
using account_keeper_actor = caf::typed_actor<
    // A ServiceAccount or a CronJob changed.
    takes<seen_atom, fact_ptr>,
    // Pods of a claim run in the claim's namespace, or they don't.
    takes<need_atom, claim_key, bool>,
    // This became so, or is so no longer.
    takes<become_atom, circumstance, bool>,
    // INTERNAL: time passes.
    takes<tick_atom, std::uint64_t>, tells_mailbox>;

/// The NEIGHBOURS: look for other installs in this cluster. Supervised by the
/// root.
using neighbours_actor = caf::typed_actor<
    // INTERNAL: time passes.
    takes<tick_atom, std::uint64_t>, tells_mailbox>;

/// The JOB RUNNER: carries out admission steps on Leases and Jobs, with the
/// uncached checks that they need. Supervised by the root.
using job_runner_actor = caf::typed_actor<
    // Performs one step.
    caf::replies_to<run_atom, job_order_ptr>::with<outcome_ptr>, tells_mailbox>;

/// The ELECTOR: leads while it holds the operator's Lease.
/// Supervised by the root; a crash means: step down first.
using elector_actor = caf::typed_actor<
    // INTERNAL: time passes.
    takes<tick_atom, std::uint64_t>,
    // Gives the Lease back and answers when that is done.
    caf::replies_to<stop_atom>::with<bool>,
    // Does it lead?
    caf::replies_to<get_atom>::with<bool>, tells_mailbox>;

/// The INSPECTOR: answers HTTP exchanges from what the other actors tell.
/// Supervised by the root; it never changes anything.
using inspector_actor = caf::typed_actor<
    // Answer this exchange.
    takes<http_atom, exchange_ptr>, tells_mailbox>;

/// The ROOT: starts the others, and starts them again when one falls.
using root_actor = caf::typed_actor<
    // INTERNAL: a back-off is over, start again.
    takes<start_atom, std::uint64_t>,
    // The actors, for people; repositories are listed by the registry.
    caf::replies_to<list_atom>::with<actor_views>,
    // The registry as it is now; invalid while it is down.
    caf::replies_to<get_atom>::with<registry_actor>,
    // An exchange for the inspector.
    takes<http_atom, exchange_ptr>,
    // Orderly end: the Lease is given back.
    caf::replies_to<stop_atom>::with<bool>, tells_mailbox>;

} // namespace holystone::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::stream_sink)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(holystone::actors::registry_actor)
